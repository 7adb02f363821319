import type { Disk } from '#shared/disk.ts';
import { hex } from '#shared/entropy.ts';
import { Turn } from '#shared/turn.ts';
import type { Entry } from './journal/entry.ts';
import { type Journal, openJournal } from './journal/journal.ts';
import { isPourMark, openPourMarks, type PourMark } from './journal/pour-marks.ts';
import { advance, type Ledger, ledgerOf, type Stage } from './licences/ledger.ts';

/** The journal and what its entries add up to, always in step. */
export interface Books extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly journal: Pick<Journal, 'head' | 'headAt' | 'links' | 'verify'>;
  /** Torn bytes that were cut off when the books were opened. */
  readonly tornBytes: number;
  /**
   * Writes an entry (one fsync), then counts it. One that is made from the ledger is so when those before it are counted. Marks of
   * a drink under way are kept beside the journal, until that drink is over.
   */
  append(entry: Entry | ((ledger: Ledger) => Entry)): Promise<void>;
  /** Runs `work`, which looks at the ledger and then appends, while no other work of this kind does. */
  inTurn<T>(kind: 'licences' | 'orders' | 'prekeys' | 'outcomes' | 'heads', work: () => Promise<T>): Promise<T>;
}

/**
 * `broken` is called with what made the journal refuse every later entry: the process is of no more use then.
 * @throws Failure `journal/broken`, `disk/failed`
 */
export async function openBooks(disk: Disk, broken: (error: unknown) => void = () => {}): Promise<Books> {
  await using stack = new AsyncDisposableStack();
  const opened = await openJournal(disk);
  const journal = stack.use(opened.journal);
  const marks = stack.use(await openPourMarks(disk));
  let ledger = marks.found.reduce(markedIfOpen, ledgerOf(opened.entries));
  const turns = {
    entries: new Turn(),
    licences: new Turn(),
    orders: new Turn(),
    prekeys: new Turn(),
    outcomes: new Turn(),
    heads: new Turn(),
  };
  const write = async (entry: Entry): Promise<void> => {
    if (isPourMark(entry)) {
      await marks.append(entry);
      ledger = marked(ledger, entry);
      return;
    }
    await journal.append(entry);
    ledger = advance(ledger, entry);
    if (entry.kind === 'SPENT' || entry.kind === 'VOIDED') await marks.clear();
  };
  const held = stack.move();
  return {
    journal,
    tornBytes: opened.tornBytes,
    get ledger() {
      return ledger;
    },
    append: (entry) =>
      turns.entries.take(() =>
        write(typeof entry === 'function' ? entry(ledger) : entry).catch((error: unknown) => {
          broken(error);
          throw error;
        }),
      ),
    inTurn: (kind, work) => turns[kind].take(work),
    async [Symbol.asyncDispose]() {
      await turns.entries.take(() => held.disposeAsync());
    },
  };
}

const underWay: readonly Stage[] = ['burned', 'pouring', 'poured'];

/** Marks that were left of a drink that is over mean nothing. */
function markedIfOpen(ledger: Ledger, mark: PourMark): Ledger {
  const stage = ledger.uses.get(hex(mark.kid))?.stage;
  return stage !== undefined && underWay.includes(stage) ? marked(ledger, mark) : ledger;
}

/** Marks are no entries of the journal, whose index `count` is. */
function marked(ledger: Ledger, mark: PourMark): Ledger {
  return { ...advance(ledger, mark), count: ledger.count };
}
