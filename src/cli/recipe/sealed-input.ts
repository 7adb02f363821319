import { type FileHandle, open } from 'node:fs/promises';
import type { RandomAccess } from '#recipes/sealed-file.ts';
import { Failure } from '#shared/failure.ts';

/** A sealed recipe that the caller named, read where it lies: it may be longer than memory. @throws Failure `file/unreadable` */
export async function sealedInput(path: string): Promise<RandomAccess & AsyncDisposable> {
  const handle = await refusing(path, () => open(path, 'r'));
  return {
    size: () => refusing(path, () => sizeOf(handle)),
    readAt: (at, into) => refusing(path, async () => (await handle.read(into, 0, into.length, at)).bytesRead),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function sizeOf(handle: FileHandle): Promise<number> {
  const about = await handle.stat();
  if (about.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  return about.size;
}

async function refusing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Failure('file/unreadable', { path, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' }, error);
  }
}
