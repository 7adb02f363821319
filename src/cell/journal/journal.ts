import type { Disk, DiskFile } from '#shared/disk.ts';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { Turn } from '#shared/turn.ts';
import { type Entry, entrySchema } from './entry.ts';
import {
  advanceHead,
  beginsRecord,
  decodeRecord,
  emptyHead,
  encodeRecord,
  type Head,
  maxRecordBytes,
  recordHeadBytes,
} from './record-codec.ts';

/**
 * The append-only record of what the cell did. Invariants: an entry that `append` has answered for is on the medium; only
 * such heads are ever reported; only the last record of the file may be torn.
 */
export interface Journal extends AsyncDisposable {
  /**
   * Returns when the entry is on the medium (one fsync). Entries are written in the order of the calls. After a write that
   * failed every later one fails: what stands at the end of the file is not known.
   * @throws Failure `disk/failed`
   */
  append(entry: Entry): Promise<Head>;
  head(): Head;
  /** Digests of the entries after `index`, at most `limit`. */
  links(index: number, limit: number): Uint8Array[];
  /** The head when `index` entries stood in the journal; null beyond its end. */
  headAt(index: number): Head | null;
  /** Reads the file again and proves that it still is this journal. @throws Failure `journal/broken`, `disk/failed` */
  verify(): Promise<Head>;
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
 * Opens the journal below `disk`, making it when absent; a torn tail is cut off. What is found is on the medium when this resolves.
 * @throws Failure `journal/broken` when anything but the last record is damaged, `disk/failed`
 */
export async function openJournal(disk: Disk): Promise<OpenedJournal> {
  await using stack = new AsyncDisposableStack();
  const file = stack.use(await disk.open(path));
  const bytes = await wholeFile(file);
  const read = readAll(bytes);
  const tornBytes = bytes.length - read.end;
  if (tornBytes > 0) await file.truncate(read.end);
  // a process that was killed may have left its last entry in the cache only: nothing is built on it before it is on the medium
  await file.sync();
  stack.move();
  return { journal: new FileJournal(file, read.end, read.links), entries: read.entries, tornBytes };
}

async function wholeFile(file: DiskFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.size());
  // bytes that were not read would look like a torn tail, and be cut off
  if ((await file.readAt(0, bytes)) !== bytes.length) throw new Failure('disk/failed', { path, reason: 'short read' });
  return bytes;
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
  if (!isTorn(bytes, end)) throw new Failure('journal/broken', { index: links.length + 1, reason: 'damaged' });
  return { entries, links, end };
}

/** Whether what follows `from` is the rest of one record at most, behind which no other begins. */
function isTorn(bytes: Uint8Array, from: number): boolean {
  if (bytes.length - from > recordHeadBytes + maxRecordBytes) return false;
  for (let at = from + 1; at < bytes.length; at += 1) if (beginsRecord(bytes, at)) return false;
  return true;
}

class FileJournal implements Journal {
  readonly #file: DiskFile;
  readonly #links: Uint8Array[];
  readonly #heads: Head[];
  #end: number;
  readonly #turn = new Turn();
  #failed: Failure | null = null;

  constructor(file: DiskFile, end: number, links: Uint8Array[]) {
    this.#file = file;
    this.#end = end;
    this.#links = links;
    this.#heads = [emptyHead];
    for (const link of links) this.#heads.push(advanceHead(this.head(), link));
  }

  append(entry: Entry): Promise<Head> {
    return this.#turn.take(() => this.#write(entry));
  }

  async #write(entry: Entry): Promise<Head> {
    if (this.#failed !== null) throw this.#failed;
    const { bytes, link } = encodeRecord(this.head(), entrySchema.parse(entry));
    try {
      await this.#file.writeAt(this.#end, bytes);
      await this.#file.sync();
    } catch (error) {
      this.#failed = new Failure('disk/failed', { path, reason: 'the journal ends unknown' }, error);
      throw error;
    }
    this.#end += bytes.length;
    this.#links.push(link);
    const head = advanceHead(this.head(), link);
    this.#heads.push(head);
    return head;
  }

  verify(): Promise<Head> {
    return this.#turn.take(async () => {
      const { head } = verifyJournal(await wholeFile(this.#file), true);
      if (!sameHead(head, this.head())) throw new Failure('journal/broken', { index: head.index, reason: 'replaced' });
      return head;
    });
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
    await this.#turn.take(async () => this.#file[Symbol.asyncDispose]());
  }
}

const sameHead = (a: Head, b: Head): boolean => a.index === b.index && sameBytes(a.head, b.head);
