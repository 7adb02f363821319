import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Payload } from '#wire/messages.ts';

/** One file of a release: its path below the release with `/`, its size in bytes, its SHA-256. */
export type ReleaseFile = Payload<'SOFTWARE'>['files'][number];

/** Every file below a folder (links and devices are refused), sorted by path; or the one file that is named. */
export async function releaseFiles(root: string): Promise<ReleaseFile[]> {
  const found = await pathsBelow(root);
  const files: ReleaseFile[] = [];
  for (const path of found) files.push(await measured(path === '' ? root : join(root, path), path || basename(root)));
  return files;
}

/**
 * Holds what lies below `root` against the signed list: the same files, no more and no fewer, with the same bytes.
 * @throws Failure `release/file-differs` {path, reason}
 */
export async function requireRelease(root: string, signed: readonly ReleaseFile[]): Promise<void> {
  const there = new Map((await releaseFiles(root)).map((file) => [file.path, file]));
  for (const file of signed) {
    const mine = there.get(file.path);
    if (mine === undefined) throw differs(file.path, 'missing');
    if (mine.size !== file.size || !sameBytes(mine.sha256, file.sha256)) throw differs(file.path, 'changed');
    there.delete(file.path);
  }
  const [more] = there.keys();
  if (more !== undefined) throw differs(more, 'not part of it');
}

async function pathsBelow(root: string): Promise<string[]> {
  if ((await statOf(root)).isFile()) return [''];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => {
      const path = relative(root, join(entry.parentPath, entry.name)).split(sep).join('/');
      // what a link leads to is not what was signed
      if (!entry.isFile()) throw differs(path, 'not a plain file');
      return path;
    });
  return paths.sort();
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    throw new Failure('file/unreadable', { path, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' }, error);
  }
}

async function measured(file: string, path: string): Promise<ReleaseFile> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      size += (chunk as Buffer).length;
      hash.update(chunk as Buffer);
    }
  } catch (error) {
    throw new Failure('file/unreadable', { path, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' }, error);
  }
  return { path, size, sha256: new Uint8Array(hash.digest()) };
}

function differs(path: string, reason: string): Failure {
  return new Failure('release/file-differs', { path, reason });
}
