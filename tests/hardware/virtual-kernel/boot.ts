import { globSync, readFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root, runProgram } from '../../run/program.ts';
import { baseSystem, pack, writeProgram } from './base-system.ts';

/** One line that the virtual computer wrote for us. */
export type Report =
  | { readonly t: 'test'; readonly name: string; readonly error: string | null }
  | { readonly t: 'figures'; readonly name: string; readonly figures: Readonly<Record<string, number>> }
  | { readonly t: 'end' };

const machine = [
  '-accel tcg -icount shift=1,sleep=off -machine q35 -m 768 -nodefaults -no-user-config',
  '-display none -serial stdio -no-reboot -append',
]
  .flatMap((options) => options.split(' '))
  .concat('console=ttyS0 quiet panic=-1');

const own = [
  'package.json',
  'firmware-bridge/**/*.ts',
  'src/shared/**/*.ts',
  'src/cli/doctor/look-at-lines.ts',
  'systemd/export-lines',
  'tests/support/dispenser-contract.ts',
  'tests/support/gpio/gpio-lines-contract.ts',
  'tests/hardware/virtual-kernel/guest/*.ts',
];

/**
 * Starts a virtual computer with this project's drivers and answers what its programs report. Its time goes by instructions (2 ns
 * each) and leaps over idleness, so that neither the speed nor the load of this computer shows in what is measured there.
 * @throws Error with its last words when it does not come to its end
 */
export async function bootAndReport(folder: string): Promise<readonly Report[]> {
  const base = await baseSystem();
  const files = await withOwnFiles(folder, base.files);
  const { output } = await runProgram('timeout', [
    '240',
    'qemu-system-x86_64',
    ...machine,
    '-kernel',
    base.kernel,
    '-initrd',
    files,
  ]);
  const reports = output
    .split(/\r?\n/)
    .flatMap((line) => (line.startsWith('@{') ? [JSON.parse(line.slice(1)) as Report] : []));
  if (reports.at(-1)?.t !== 'end')
    throw new Error(`the virtual computer did not come to its end:\n${output.slice(-4000)}`);
  return reports;
}

async function withOwnFiles(folder: string, base: string): Promise<string> {
  const tree = join(folder, 'own');
  await mkdir(tree, { recursive: true });
  await writeProgram(join(tree, 'init'), readFileSync(join(import.meta.dirname, 'guest', 'init'), 'utf8'));
  for (const path of globSync(own, { cwd: root, exclude: ['**/*.test.ts'] })) {
    await cp(join(root, path), join(tree, 'decant', path), { recursive: true });
  }
  const files = join(folder, 'files.cpio');
  await pack(tree, join(folder, 'own.cpio'));
  await runProgram('sh', ['-c', 'cat "$1" "$2" > "$3"', 'sh', base, join(folder, 'own.cpio'), files]);
  return files;
}
