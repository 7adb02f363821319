import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import {
  digestOf,
  grantedEntry,
  oneDrink,
  orderedEntry,
  prekeysEntry,
  reservedEntry,
} from '#tests/support/journal-story.ts';
import type { Entry } from '../journal/entry.ts';
import { unbookedKids, unspentUses } from './epoch.ts';
import { advance, freePrekeys, type Ledger, ledgerOf } from './ledger.ts';

const head = { index: 3, head: digestOf(3) };
const release: Entry = {
  kind: 'RELEASE_TAKEN',
  release: digestOf(90),
  epoch: 1,
  head,
  seq: 9,
  batch: { number: 4, digest: digestOf(91) },
  at: 1,
};
const quarantined: Entry = { kind: 'QUARANTINED', reason: 'forked', seen: head, at: 1 };
const epoch: Entry = { kind: 'EPOCH', epoch: 1, at: 1 };
const tellAgain = (since: number, recovered: number): Entry => ({ kind: 'TELL_AGAIN', since, recovered, at: 1 });

/** A second licence beside the drink of the story, and keys that nobody has taken. */
const beside: Entry[] = [prekeysEntry(2, 21, 22, 23), orderedEntry(2), grantedEntry(2, 2, 21), reservedEntry(2, 2, 21)];

/** A journal that was cut anywhere in its story. */
const anyJournal = fc
  .record({ cut: fc.nat({ max: oneDrink.length }), more: fc.nat({ max: beside.length }) })
  .map(({ cut, more }) => [...oneDrink.slice(0, cut), ...beside.slice(0, more)]);

const kidsOf = (uses: readonly { readonly kid: Uint8Array }[]): string[] => uses.map(({ kid }) => hex(kid)).toSorted();
const usesOf = ({ uses }: Ledger) => [...uses.values()];

describe('an epoch', () => {
  it('that begins anywhere leaves only uses that are over, and names every licensed one that was not', () => {
    fc.assert(
      fc.property(anyJournal, (journal) => {
        const before = ledgerOf(journal);
        const after = ledgerOf([...journal, quarantined, release, epoch]);
        const over = usesOf(before).filter(({ spent, voided }) => (spent ?? voided) !== null);
        expect(kidsOf(usesOf(after))).toEqual(kidsOf(over));
        const licensed = usesOf(before).filter((use) => use.cti !== null && !over.includes(use));
        expect(kidsOf(after.epoch.begun?.unspent ?? [])).toEqual(kidsOf(licensed));
        expect(freePrekeys(after)).toEqual([]);
        expect(unspentUses(after)).toEqual([]);
        expect(unbookedKids(after).map(hex)).toEqual(unbookedKids(before).map(hex));
        expect(after).toMatchObject({ quarantined: null, lastSeq: 9, batch: null, witnessed: head });
        expect(after.epoch).toMatchObject({ number: 1, seen: null, release: null, lastBatch: { number: 4 } });
      }),
    );
  });

  it('is the same counted entry by entry and all at once, and changes no ledger before it', () => {
    fc.assert(
      fc.property(anyJournal, (journal) => {
        const story = [...journal, quarantined, release, epoch, tellAgain(0, 5)];
        let ledger = ledgerOf([]);
        for (const [i, entry] of story.entries()) {
          const copy = structuredClone(ledger);
          const next = advance(ledger, entry);
          expect(ledger).toEqual(copy);
          expect(next).toEqual(ledgerOf(story.slice(0, i + 1)));
          ledger = next;
        }
      }),
    );
  });

  it('does not begin without a release that was taken', () => {
    const before = ledgerOf([...oneDrink, quarantined]);
    expect(advance(before, epoch)).toEqual({ ...before, count: before.count + 1 });
  });

  it('is known to licensing once it has countersigned a head in it', () => {
    const ledger = ledgerOf([...beside, quarantined, release, epoch]);
    expect(ledger.epoch.begun?.release).toEqual(digestOf(90));
    const after = advance(ledger, { kind: 'WITNESSED', journal: head, at: 1 });
    expect(after.epoch.begun).toBe(null);
    expect(after.epoch.number).toBe(1);
  });
});

describe('what is told again', () => {
  it('makes what was booked since unbooked, whenever licensing lost it, and nothing else', () => {
    const journal = oneDrink;
    const booked = ledgerOf(journal);
    const [use] = usesOf(booked).filter((one) => one.booked);
    if (use === undefined) throw new Error('the story ends with a booked use');
    for (let since = 0; since <= journal.length; since += 1) {
      const after = advance(booked, tellAgain(since, 5));
      const [again] = usesOf(after).filter((one) => hex(one.kid) === hex(use.kid));
      expect(again?.booked).toBe(use.bookedAt <= since);
      expect(freePrekeys(after)).toEqual([]);
      expect(after.epoch.again).toEqual({ recovered: 5, since, done: false });
    }
  });
});
