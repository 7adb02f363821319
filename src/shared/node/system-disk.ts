import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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
        await mkdir(dirname(at(path)), { recursive: true, mode: 0o700 });
        const existing = await orNull(open(at(path), 'r+'));
        const handle = existing ?? (await open(at(path), 'w+', 0o600));
        if (existing === null) await syncFolder(dirname(at(path)));
        return openFile(path, handle);
      }),
    rename: (from, to) =>
      refusing(from, async () => {
        await mkdir(dirname(at(to)), { recursive: true, mode: 0o700 });
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
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
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
