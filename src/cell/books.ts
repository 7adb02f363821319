import type { Disk } from '#shared/disk.ts';
import { Turn } from '#shared/turn.ts';
import type { Entry } from './journal/entry.ts';
import { type Journal, openJournal } from './journal/journal.ts';
import type { Head } from './journal/record-codec.ts';
import { advance, type Ledger, ledgerOf } from './licences/ledger.ts';

/** The journal and what its entries add up to, always in step. */
export interface Books extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly journal: Journal;
  /** Torn bytes that were cut off when the books were opened. */
  readonly tornBytes: number;
  /** Writes an entry (one fsync), then counts it. */
  append(entry: Entry): Promise<Head>;
  /** Runs `work`, which looks at the ledger and then appends, while no other work of this kind does. */
  inTurn<T>(kind: 'licences' | 'orders' | 'prekeys' | 'outcomes' | 'heads', work: () => Promise<T>): Promise<T>;
}

/**
 * `broken` is called with what made the journal refuse every later entry: the process is of no more use then.
 * @throws Failure `journal/broken`, `disk/failed`
 */
export async function openBooks(disk: Disk, broken: (error: unknown) => void = () => {}): Promise<Books> {
  const { journal, entries, tornBytes } = await openJournal(disk);
  let ledger = ledgerOf(entries);
  const turns = {
    licences: new Turn(),
    orders: new Turn(),
    prekeys: new Turn(),
    outcomes: new Turn(),
    heads: new Turn(),
  };
  return {
    journal,
    tornBytes,
    get ledger() {
      return ledger;
    },
    async append(entry) {
      const head = await journal.append(entry).catch((error: unknown) => {
        broken(error);
        throw error;
      });
      ledger = advance(ledger, entry);
      return head;
    },
    inTurn: (kind, work) => turns[kind].take(work),
    [Symbol.asyncDispose]: () => journal[Symbol.asyncDispose](),
  };
}
