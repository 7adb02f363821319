import { crc32 } from 'node:zlib';
import { type Head, advanceHead, emptyHead } from '#cell/journal/record-codec.ts';
import { openJournal } from '#cell/journal/journal.ts';
import { ledgerOf } from '#cell/licences/ledger.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';
import { sha256 } from '#wire/signed-message.ts';
import { seedsOf } from '../corpus.ts';
import type { Target } from '../fuzz.ts';
import type { Mutator } from '../mutate.ts';

const path = 'journal/journal.log';

/** The journal's file as a card may hold it: chained and sealed by CRC around entries that are not quite entries, or meddled with as a whole. */
export function journalTarget(): Target {
  const entries = seedsOf('journal');
  return {
    name: 'journal',
    seeds: entries,
    codes: ['journal/broken'],
    make: (mutator) => {
      const file = journalOf(mutator, entries);
      return mutator.below(3) === 0 ? mutator.change(file) : file;
    },
    async feed(bytes) {
      const opened = await openJournal(new MemoryDisk({ [path]: bytes }));
      ledgerOf(opened.entries);
      await opened.journal[Symbol.asyncDispose]();
      return true;
    },
  };
}

/** One to three entries, the last of them changed, each in a record that is right around it. */
function journalOf(mutator: Mutator, entries: readonly Uint8Array[]): Uint8Array {
  const records: Uint8Array[] = [];
  let head: Head = emptyHead;
  for (let left = 1 + mutator.below(3); left > 0; left -= 1) {
    const entry = mutator.pick(entries);
    const payload = Buffer.concat([
      Buffer.from('825820', 'hex'),
      head.head,
      left === 1 ? mutator.change(entry) : entry,
    ]);
    const front = Buffer.alloc(8);
    front.writeUInt32LE(payload.length, 0);
    front.writeUInt32LE(crc32(payload), 4);
    records.push(front, payload);
    head = advanceHead(head, sha256(payload));
  }
  return new Uint8Array(Buffer.concat(records));
}
