import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '#shared/failure.ts';
import type { ObjectFolder } from './object-folder.ts';

/**
 * The folder of the SoftHSM token with this serial below `tokensFolder` (directories.tokendir of its configuration).
 * SoftHSM 2.6.1 names it by a UUID whose last 16 digits are the serial, keeps each object in `<uuid>.object`, and
 * never syncs.
 */
export function softhsmFolder(tokensFolder: string, serial: string): ObjectFolder {
  const folder = async (): Promise<string> => {
    const names = await readdir(tokensFolder);
    const name = names.find((candidate) => candidate.replaceAll('-', '').endsWith(serial));
    if (name === undefined) throw new Error(`no folder of token ${serial}`);
    return join(tokensFolder, name);
  };
  return {
    list: () =>
      refusing(async () => {
        const names = await readdir(await folder());
        return new Set(names.filter((name) => name.endsWith('.object') && name !== 'token.object'));
      }),
    sync: (names) =>
      refusing(async () => {
        const path = await folder();
        for (const name of names) await syncPath(join(path, name));
        await syncPath(path);
      }),
  };
}

async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Failure('disk/failed', { reason: (error as NodeJS.ErrnoException).code ?? 'no token folder' }, error);
  }
}
