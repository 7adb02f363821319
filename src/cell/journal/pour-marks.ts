import type { Disk, DiskFile } from '#shared/disk.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { Turn } from '#shared/turn.ts';
import type { Entry, EntryOf } from './entry.ts';
import { advanceHead, decodeRecord, emptyHead, encodeRecord, type Head } from './record-codec.ts';

/** How far a drink under way has come. */
export type PourMark = EntryOf<'PIECE_STARTED' | 'PIECE_DONE' | 'POURED'>;

export function isPourMark(entry: Entry): entry is PourMark {
  return entry.kind === 'PIECE_STARTED' || entry.kind === 'PIECE_DONE' || entry.kind === 'POURED';
}

const path = 'journal/pour.log';

/**
 * The entries between BURNED and SPENT, in records like the journal's, in a file that begins anew with each drink. They do not
 * stand in the journal: its head is told to everybody, and every head that moves when a piece is over would tell when
 * (src/decisions/0009-what-a-drink-tells.md). What `append` has answered for is on the medium.
 */
export interface PourMarks extends AsyncDisposable {
  /** The marks that were found when the file was opened, of whichever drink was last. */
  readonly found: readonly PourMark[];
  /** @throws Failure `disk/failed`, and ever after */
  append(mark: PourMark): Promise<void>;
  /** Forgets all marks; what is on the medium still is there until the next `append`. */
  clear(): Promise<void>;
}

/** @throws Failure `disk/failed` */
export async function openPourMarks(disk: Disk): Promise<PourMarks> {
  await using stack = new AsyncDisposableStack();
  const file = stack.use(await disk.open(path));
  const bytes = new Uint8Array(await file.size());
  if ((await file.readAt(0, bytes)) !== bytes.length) throw new Failure('disk/failed', { path, reason: 'short read' });
  const { marks, end, head } = readMarks(bytes);
  if (end < bytes.length) await file.truncate(end);
  // what a killed process had not synced is decided upon now
  if (bytes.length > 0) await file.sync();
  stack.move();
  return new FileMarks(file, marks, end, head);
}

/** The marks up to the first record that is none or does not follow: whatever comes then was never answered for. */
function readMarks(bytes: Uint8Array): { marks: PourMark[]; end: number; head: Head } {
  const marks: PourMark[] = [];
  let head = emptyHead;
  let end = 0;
  for (let record = next(bytes, end, head); record !== null; record = next(bytes, end, head)) {
    if (!isPourMark(record.entry)) break;
    marks.push(record.entry);
    head = advanceHead(head, record.link);
    end = record.next;
  }
  return { marks, end, head };
}

function next(bytes: Uint8Array, at: number, head: Head): ReturnType<typeof decodeRecord> {
  try {
    return decodeRecord(bytes, at, head);
  } catch (error) {
    if (isFailure(error, 'journal/broken')) return null;
    throw error;
  }
}

class FileMarks implements PourMarks {
  readonly found: readonly PourMark[];
  readonly #file: DiskFile;
  readonly #turn = new Turn();
  #end: number;
  #head: Head;
  #failed: Failure | null = null;

  constructor(file: DiskFile, found: readonly PourMark[], end: number, head: Head) {
    this.#file = file;
    this.found = found;
    this.#end = end;
    this.#head = head;
  }

  append(mark: PourMark): Promise<void> {
    return this.#turn.take(() => this.#write(mark));
  }

  clear(): Promise<void> {
    return this.#turn.take(async () => {
      if (this.#end > 0) await this.#file.truncate(0);
      this.#end = 0;
      this.#head = emptyHead;
    });
  }

  async #write(mark: PourMark): Promise<void> {
    if (this.#failed !== null) throw this.#failed;
    const { bytes, link } = encodeRecord(this.#head, mark);
    try {
      await this.#file.writeAt(this.#end, bytes);
      await this.#file.sync();
    } catch (error) {
      this.#failed = new Failure('disk/failed', { path, reason: 'the marks end unknown' }, error);
      throw error;
    }
    this.#end += bytes.length;
    this.#head = advanceHead(this.#head, link);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.take(async () => this.#file[Symbol.asyncDispose]());
  }
}
