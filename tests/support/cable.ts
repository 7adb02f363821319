import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { ownTime } from './board.ts';

/** A cable between a serial port of this computer and a board. */
export interface Cable extends AsyncDisposable {
  /** What a serial port opens; a name that stays, as those of /dev/serial/by-id. */
  readonly path: string;
  /** Resolves when the port is there. */
  plug(): Promise<void>;
  /** Resolves when the port is gone, whoever had it open. */
  pull(): Promise<void>;
}

/** A cable to the board's line, plugged in; its program is built into `folder`, which tests take from `inject('runFolder')`. */
export async function cableTo(line: string, folder: string): Promise<Cable> {
  const program = await built(folder);
  const place = await mkdtemp(join(tmpdir(), 'decant-cable-'));
  const path = join(place, 'port');
  let process: ChildProcess | null = null;
  const pull = async (): Promise<void> => {
    const plugged = process;
    process = null;
    await rm(path, { force: true });
    if (plugged === null) return;
    const gone = once(plugged, 'exit');
    plugged.kill('SIGKILL');
    await gone;
  };
  const cable: Cable = {
    path,
    async plug() {
      await pull();
      const plugged = spawn(program, [line], { stdio: ['ignore', 'pipe', 'inherit'] });
      process = plugged;
      ownTime(plugged.pid);
      const [pty] = (await once(createInterface({ input: plugged.stdout }), 'line')) as [string];
      await symlink(pty, path);
    },
    pull,
    async [Symbol.asyncDispose]() {
      await pull();
      await rm(place, { recursive: true, force: true });
    },
  };
  await cable.plug();
  return cable;
}

/** Several test files build it at once: each renames its own into place. */
async function built(folder: string): Promise<string> {
  const program = join(folder, 'cable');
  const own = `${program}.${String(globalThis.process.pid)}`;
  await promisify(execFile)('cc', [
    '-O1',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-o',
    own,
    join(import.meta.dirname, 'cable.c'),
  ]);
  await rename(own, program);
  return program;
}
