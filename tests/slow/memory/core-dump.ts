import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '#tests/run/program.ts';

/** A core dump as root can take one of any process, with gcore of gdb; gone with the result. */
export async function coreDump(pid: number): Promise<AsyncDisposable & { readonly file: string }> {
  if (!existsSync('/usr/bin/gcore')) throw new Error('gcore is missing: apt-get install gdb');
  const folder = await mkdtemp(join(tmpdir(), 'decant-core-'));
  const gone = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const { code, output } = await runProgram('/usr/bin/gcore', ['-o', join(folder, 'core'), String(pid)]);
  if (code === 0) return { file: join(folder, `core.${pid}`), [Symbol.asyncDispose]: gone };
  await gone();
  throw new Error(`gcore ended with ${code}\n${output}`);
}
