import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exchange, Received, Sent } from '#cell/provisioning/run.ts';
import { Failure } from '#shared/failure.ts';
import { writeOutput } from '../console/files.ts';

/** Names of the files between machine and maker, on a stick or in a folder. */
export const stickFiles: Readonly<Record<Sent | Received, string>> = {
  request: 'request.p10',
  certificate: 'identity.der',
  transport: 'transport.cose',
  'class-key': 'class-key.cose',
};

/** Files in one folder: what goes out is written there, what comes back is looked for there. */
export function stick(folder: string): Exchange {
  const at = (what: Sent | Received): string => join(folder, stickFiles[what]);
  return {
    async send(what, bytes) {
      await mkdir(folder, { recursive: true });
      await writeOutput(at(what), bytes, 0o600);
    },
    receive: (what) => bytesIn(at(what)),
    erase: (what) => overwrite(at(what)),
  };
}

async function bytesIn(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Failure('file/unreadable', { path, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' }, error);
  }
}

/** Zeros over it, then away; a flash stick may keep the old block, which the transport key that is gone cannot open. */
async function overwrite(path: string): Promise<void> {
  const bytes = await bytesIn(path);
  if (bytes === null) return;
  const file = await open(path, 'r+');
  try {
    await file.write(new Uint8Array(bytes.length), 0, bytes.length, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await rm(path, { force: true });
}
