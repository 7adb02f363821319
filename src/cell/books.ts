import { type Journal, openJournal } from './journal/journal.ts';
import type { Disk } from '#shared/disk.ts';
import type { Head } from './journal/record-codec.ts';
import type { Entry } from './journal/entry.ts';
import { advance, type Ledger, ledgerOf } from './licences/ledger.ts';

/** The journal and what its entries add up to, always in step. */
export interface Books extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly journal: Journal;
  /** Torn bytes that were cut off when the books were opened. */
  readonly tornBytes: number;
  /** Writes an entry (one fsync), then counts it. */
  append(entry: Entry): Promise<Head>;
}

/** @throws Failure `journal/broken`, `disk/failed` */
export async function openBooks(disk: Disk): Promise<Books> {
  const { journal, entries, tornBytes } = await openJournal(disk);
  let ledger = ledgerOf(entries);
  return {
    journal,
    tornBytes,
    get ledger() {
      return ledger;
    },
    async append(entry) {
      const head = await journal.append(entry);
      ledger = advance(ledger, entry);
      return head;
    },
    [Symbol.asyncDispose]: () => journal[Symbol.asyncDispose](),
  };
}
