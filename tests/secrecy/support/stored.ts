import type { DatabaseSync } from 'node:sqlite';
import type { Disk, DiskFile } from '#shared/disk.ts';
import { decodeCbor } from '#wire/cbor.ts';
import type { MemoryDisk } from '../../support/memory-disk.ts';
import { masked } from './mask.ts';
import type { Tape } from './tape.ts';

const journalPath = 'journal/journal.log';

export interface CellDisk extends Disk {
  readonly memory: MemoryDisk;
}

/**
 * A disk whose changes are on the tape: which file, how many bytes, when. But for those of the journal's folder: who can see when
 * its files grow has the cell's own account (SECURITY.md); what is in them is told in the end.
 */
export function recordedDisk(memory: MemoryDisk, tape: Tape): CellDisk {
  const put = (step: string, path: string, length: number): void => {
    if (!path.startsWith('journal/')) tape.put('cell disk', { step, path: nameOf(path), length });
  };
  return {
    memory,
    read: (path) => memory.read(path),
    list: (folder) => memory.list(folder),
    replace(path, bytes) {
      put('replace', path, bytes.length);
      return memory.replace(path, bytes);
    },
    remove(path) {
      put('remove', path, 0);
      return memory.remove(path);
    },
    rename(from, to) {
      put('rename', to, 0);
      return memory.rename(from, to);
    },
    async open(path) {
      return recordedFile(path, await memory.open(path), put);
    },
  };
}

function recordedFile(
  path: string,
  file: DiskFile,
  put: (step: string, path: string, length: number) => void,
): DiskFile {
  return {
    size: () => file.size(),
    readAt: (at, into) => file.readAt(at, into),
    writeAt(at, bytes) {
      put(`write at ${at}`, path, bytes.length);
      return file.writeAt(at, bytes);
    },
    truncate: (size) => file.truncate(size),
    sync: () => file.sync(),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

/** Every file with its length; of the journal every entry, its record's length too. */
export function recordFiles({ memory }: CellDisk, tape: Tape): void {
  for (const path of memory.paths) {
    const bytes = memory.bytes(path);
    const content = path === journalPath ? entriesOf(bytes) : contentOf(path, bytes);
    tape.put('cell disk', { path: nameOf(path), length: bytes.length, content });
  }
}

/** Every row of every table. */
export function recordDatabase(database: DatabaseSync, tape: Tape): void {
  const tables = database.prepare("select name from sqlite_master where type = 'table' order by name").all();
  for (const { name } of tables) {
    const rows = database.prepare(`select * from "${String(name)}"`).all();
    for (const line of rows.map((row) => JSON.stringify(masked({ ...row }))).sort()) {
      tape.put('desk database', { table: String(name), row: line });
    }
  }
}

function entriesOf(file: Uint8Array): unknown[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const entries: unknown[] = [];
  for (let at = 0; at + 8 <= file.length; at += 8 + view.getUint32(at, true)) {
    const length = view.getUint32(at, true);
    const [, entry] = decodeCbor(file.subarray(at + 8, at + 8 + length), 1 << 20) as [Uint8Array, unknown];
    entries.push({ length, entry });
  }
  return entries;
}

function contentOf(path: string, bytes: Uint8Array): unknown {
  if (path === 'stock/levels') return { counters: bytes.subarray(0, 8), sealed: bytes.subarray(8) };
  if (path.startsWith('spool/')) return { sealed: bytes };
  return bytes;
}

/** Spooled files are named by digests. */
function nameOf(path: string): string {
  return path.replaceAll(/[0-9a-f]{64}/g, '<hash>');
}
