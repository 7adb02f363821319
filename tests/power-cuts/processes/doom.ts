import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import type { Token } from '#hsm/token.ts';
import type { Disk, DiskFile } from '#shared/disk.ts';
import { journalPath, linesOf, marksPath } from '../evidence.ts';

/**
 * Where the process ends itself by SIGKILL: at an entry of the journal (when half of it, or all, is written, or when it is synced), when
 * the one-time key is destroyed, or when pumps are armed.
 */
export type Doom = `${string} ${'half' | 'written' | 'synced'}` | 'key destroyed' | 'armed' | 'never';

/** @returns never, for the kernel ends the process within the call */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** The disk of a process that is to end at `doom`. */
export function doomedDisk(disk: Disk, doom: Doom): Disk {
  return {
    ...disk,
    async open(path) {
      const file = await disk.open(path);
      return path === journalPath || path === marksPath ? doomedJournal(file, doom) : file;
    },
  };
}

function doomedJournal(file: DiskFile, doom: Doom): DiskFile {
  let last = '';
  return {
    ...file,
    size: () => file.size(),
    readAt: (at, into) => file.readAt(at, into),
    truncate: (size) => file.truncate(size),
    async writeAt(at, bytes) {
      last = linesOf(bytes).at(-1)?.kind ?? '';
      if (doom === `${last} half`) {
        await file.writeAt(at, bytes.subarray(0, bytes.length >> 1));
        die();
      }
      await file.writeAt(at, bytes);
      if (doom === `${last} written`) die();
    },
    async sync() {
      await file.sync();
      if (doom === `${last} synced`) die();
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

export function doomedToken(token: Token, doom: Doom): Token {
  return new Proxy(token, {
    get(real, name) {
      const value: unknown = Reflect.get(real, name, real);
      if (typeof value !== 'function') return value;
      if (name !== 'destroyKey' || doom !== 'key destroyed') return value.bind(real) as unknown;
      return async (label: string) => {
        await real.destroyKey(label);
        die();
      };
    },
  });
}

export function doomedDispenser(real: Dispenser, doom: Doom): Dispenser {
  return {
    guarantee: real.guarantee,
    configure: (pumps) => real.configure(pumps),
    async arm(steps, lease) {
      const armed = await real.arm(steps, lease);
      if (doom === 'armed') die();
      return armed;
    },
    stop: () => real.stop(),
    cutSupply: () => real.cutSupply(),
    readBack: () => real.readBack(),
    inputs: () => real.inputs(),
    onInputs: (listener) => real.onInputs(listener),
    lastJob: (doses) => real.lastJob(doses),
    forgetLastJob: () => real.forgetLastJob(),
    [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
  };
}
