import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry, EntryOf } from '#cell/journal/entry.ts';
import { verifyJournal } from '#cell/journal/journal.ts';
import { advanceHead, decodeRecord, emptyHead } from '#cell/journal/record-codec.ts';
import { hex } from '#shared/entropy.ts';

/** The entries of the journal below a cell's folder; @throws Failure `journal/broken`, `journal/torn` when it does not verify */
export async function journalEntries(cellFolder: string): Promise<readonly Entry[]> {
  const bytes = new Uint8Array(await readFile(join(cellFolder, 'journal', 'journal.log')));
  verifyJournal(bytes, true);
  return wholeEntries(bytes);
}

/** The entries that stand whole in the journal of a cell that may be writing it. */
export async function writtenEntries(cellFolder: string): Promise<readonly Entry[]> {
  return wholeEntries(new Uint8Array(await readFile(join(cellFolder, 'journal', 'journal.log'))));
}

/** What the journal says about one order, in order: the kinds of the entries of every use that it held. */
export function storyOf(order: string, entries: readonly Entry[]): string[] {
  const kids = new Set(
    entries.flatMap((entry) => (entry.kind === 'RESERVED' && entry.order === order ? [hex(entry.kid)] : [])),
  );
  return entries.flatMap((entry) => ('kid' in entry && kids.has(hex(entry.kid)) ? [entry.kind] : []));
}

export function entriesOf<K extends Entry['kind']>(kind: K, entries: readonly Entry[]): EntryOf<K>[] {
  return entries.filter((entry): entry is EntryOf<K> => entry.kind === kind);
}

/** The length of the journal when its first entry of this kind was the last. */
export function cutAfter(kind: Entry['kind'], bytes: Uint8Array): number {
  const found = wholeRecords(bytes).find(({ entry }) => entry.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} in the journal`);
  return found.end;
}

function wholeEntries(bytes: Uint8Array): Entry[] {
  return wholeRecords(bytes).map(({ entry }) => entry);
}

function wholeRecords(bytes: Uint8Array): { readonly entry: Entry; readonly end: number }[] {
  const records: { entry: Entry; end: number }[] = [];
  let head = emptyHead;
  for (let record = decodeRecord(bytes, 0, head); record !== null; record = decodeRecord(bytes, record.next, head)) {
    records.push({ entry: record.entry, end: record.next });
    head = advanceHead(head, record.link);
  }
  return records;
}
