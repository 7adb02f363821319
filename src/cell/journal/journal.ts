import type { Disk, DiskFile } from '#shared/disk.ts';
import { Failure } from '#shared/failure.ts';
import type { Entry } from './entry.ts';
import { advanceHead, decodeRecord, emptyHead, encodeRecord, type Head } from './record-codec.ts';

/**
 * The append-only record of what the cell did. Invariants: an entry that `append` has answered for is on the medium; only
 * such heads are ever reported; only the last record of the file may be torn.
 */
export interface Journal extends AsyncDisposable {
  /** Returns when the entry is on the medium (one fsync). Entries are written in the order of the calls. */
  append(entry: Entry): Promise<Head>;
  head(): Head;
  /** Digests of the entries after `index`, at most `limit`. */
  links(index: number, limit: number): Uint8Array[];
  /** The head when `index` entries stood in the journal; null beyond its end. */
  headAt(index: number): Head | null;
}

const path = 'journal/journal.log';

/** What the file held when it was opened. */
export interface OpenedJournal {
  readonly journal: Journal;
  readonly entries: readonly Entry[];
  /** Bytes of a torn last record that were cut off. */
  readonly tornBytes: number;
}

/**
 * Opens the journal below `disk`, making it when absent; a torn tail is cut off and the cut is fsynced.
 * @throws Failure `journal/broken` when anything but the last record is damaged, `disk/failed`
 */
export async function openJournal(disk: Disk): Promise<OpenedJournal> {
  const file = await disk.open(path);
  const bytes = new Uint8Array(await file.size());
  await file.readAt(0, bytes);
  const read = readAll(bytes);
  const tornBytes = bytes.length - read.end;
  if (tornBytes > 0) {
    await file.truncate(read.end);
    await file.sync();
  }
  return { journal: new FileJournal(file, read.end, read.links), entries: read.entries, tornBytes };
}

/**
 * Reads a whole journal and proves its chain.
 * @throws Failure `journal/broken`; `journal/torn` when the end is cut and `strict` is set
 */
export function verifyJournal(bytes: Uint8Array, strict = false): { entries: number; head: Head } {
  const read = readAll(bytes);
  if (strict && read.end < bytes.length) throw new Failure('journal/torn', { index: read.links.length + 1 });
  return { entries: read.links.length, head: read.links.reduce(advanceHead, emptyHead) };
}

function readAll(bytes: Uint8Array): { entries: Entry[]; links: Uint8Array[]; end: number } {
  const entries: Entry[] = [];
  const links: Uint8Array[] = [];
  let head = emptyHead;
  let end = 0;
  for (let record = decodeRecord(bytes, 0, head); record !== null; record = decodeRecord(bytes, end, head)) {
    entries.push(record.entry);
    links.push(record.link);
    head = advanceHead(head, record.link);
    end = record.next;
  }
  if (hasRecordAfter(bytes, end)) throw new Failure('journal/broken', { index: links.length + 1, reason: 'damaged' });
  return { entries, links, end };
}

/** Whether whole records follow a damaged one: then it is not a torn tail. */
function hasRecordAfter(bytes: Uint8Array, damagedAt: number): boolean {
  if (bytes.length - damagedAt < 8) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset + damagedAt, 4).getUint32(0, true);
  return damagedAt + 8 + length < bytes.length;
}

class FileJournal implements Journal {
  readonly #file: DiskFile;
  readonly #links: Uint8Array[];
  readonly #heads: Head[];
  #end: number;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(file: DiskFile, end: number, links: Uint8Array[]) {
    this.#file = file;
    this.#end = end;
    this.#links = links;
    this.#heads = [emptyHead];
    for (const link of links) this.#heads.push(advanceHead(this.head(), link));
  }

  append(entry: Entry): Promise<Head> {
    const written = this.#queue.then(() => this.#write(entry));
    // a write that failed leaves an unknown tail: every later append must fail too
    this.#queue = written;
    written.catch(() => {});
    return written;
  }

  async #write(entry: Entry): Promise<Head> {
    const { bytes, link } = encodeRecord(this.head(), entry);
    await this.#file.writeAt(this.#end, bytes);
    await this.#file.sync();
    this.#end += bytes.length;
    this.#links.push(link);
    const head = advanceHead(this.head(), link);
    this.#heads.push(head);
    return head;
  }

  head(): Head {
    return this.#heads.at(-1) ?? emptyHead;
  }

  headAt(index: number): Head | null {
    return this.#heads[index] ?? null;
  }

  links(index: number, limit: number): Uint8Array[] {
    return this.#links.slice(index, index + limit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.catch(() => {});
    await this.#file[Symbol.asyncDispose]();
  }
}
