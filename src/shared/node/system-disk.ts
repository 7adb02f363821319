import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Disk, DiskFile } from '../disk.ts';
import { Failure } from '../failure.ts';

/** Files below `root` on this computer, folders made with mode 0700 and files with 0600. */
export function systemDisk(root: string): Disk {
  const at = (path: string): string => join(root, path);
  return {
    read: (path) => refusing(path, () => orNull(readFile(at(path)))),
    replace: (path, bytes) => refusing(path, () => replace(at(path), bytes)),
    list: (folder) => refusing(folder, async () => ((await orNull(readdir(at(folder)))) ?? []).sort()),
    remove: (path) =>
      refusing(path, async () => {
        await rm(at(path), { force: true });
        await syncFolder(dirname(at(path)));
      }),
    open: (path) =>
      refusing(path, async () => {
        await makeFolder(dirname(at(path)));
        const existing = await orNull(open(at(path), 'r+'));
        const handle = existing ?? (await open(at(path), 'w+', 0o600));
        if (existing === null) await syncFolder(dirname(at(path)));
        return openFile(path, handle);
      }),
    rename: (from, to) =>
      refusing(from, async () => {
        await makeFolder(dirname(at(to)));
        await rename(at(from), at(to));
        await syncFolder(dirname(at(to)));
      }),
  };
}

function openFile(path: string, handle: FileHandle): DiskFile {
  return {
    size: () => refusing(path, async () => (await handle.stat()).size),
    readAt: (at, into) => refusing(path, async () => (await handle.read(into, 0, into.length, at)).bytesRead),
    writeAt: (at, bytes) =>
      refusing(path, async () => {
        let done = 0;
        while (done < bytes.length) {
          done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
        }
      }),
    truncate: (size) => refusing(path, () => handle.truncate(size)),
    sync: () => refusing(path, () => handle.sync()),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Makes a folder and what is missing above it; their names, which lie in the folders above them, survive a power cut. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const end = dirname(resolve(first));
  let made = resolve(folder);
  while (made !== end) {
    made = dirname(made);
    await syncFolder(made);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await orNull(open(folder, 'r'));
  if (handle === null) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function refusing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Failure('disk/failed', { path, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' }, error);
  }
}
