import { readFile, writeFile } from 'node:fs/promises';
import { Failure } from '#shared/failure.ts';

/** A file that the caller named. @throws Failure `file/unreadable` */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw new Failure('file/unreadable', { path, reason: reasonOf(error) }, error);
  }
}

/** Writes what the caller asked for; `mode` holds for a new file. @throws Failure `file/unwritable` */
export async function writeOutput(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
  try {
    await writeFile(path, bytes, { mode });
  } catch (error) {
    throw new Failure('file/unwritable', { path, reason: reasonOf(error) }, error);
  }
}

/** Writes what somebody will work on by hand: never over something. @throws Failure `file/unwritable`, EEXIST too */
export async function writeNewOutput(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { flag: 'wx' });
  } catch (error) {
    throw new Failure('file/unwritable', { path, reason: reasonOf(error) }, error);
  }
}

/** DER from a file that holds DER or one PEM block. @throws Failure `file/unreadable` */
export async function readDer(path: string): Promise<Uint8Array> {
  const bytes = await readInput(path);
  const text = Buffer.from(bytes).toString('latin1');
  const block = /-----BEGIN [A-Z ]+-----([A-Za-z0-9+/=\s]+)-----END [A-Z ]+-----/.exec(text);
  return block === null ? bytes : new Uint8Array(Buffer.from(block[1] ?? '', 'base64'));
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
