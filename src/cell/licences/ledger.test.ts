import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import {
  burned,
  burnIntent,
  claimed,
  ctiOf,
  digestOf,
  grantedEntry,
  oneDrink,
  orderedEntry,
  orderOf,
  pieceDone,
  pieceStarted,
  prekeysEntry,
  reservedEntry,
  spentEntry,
  voidedEntry,
} from '#tests/support/journal-story.ts';
import type { Entry } from '../journal/entry.ts';
import { advance, emptyLedger, freePrekeys, grantedUse, ledgerOf, type Use, unsyncedUses, useOf } from './ledger.ts';

const after = (...entries: Entry[]) => ledgerOf(entries);
const use = (kid: number, ...entries: Entry[]): Use => {
  const found = after(...entries).uses.get(hex(digestOf(kid)));
  return found ?? expect.fail('no such use');
};
const upTo = (count: number): Entry[] => oneDrink.slice(0, count);

describe('the ledger', () => {
  it('of a journal is what its entries make one by one', () => {
    let ledger = emptyLedger;
    for (const [i, entry] of oneDrink.entries()) {
      ledger = advance(ledger, entry);
      expect(ledger).toEqual(ledgerOf(oneDrink.slice(0, i + 1)));
    }
    expect(ledger.count).toBe(oneDrink.length);
  });

  it('leaves the ledger before an entry as it was', () => {
    fc.assert(
      fc.property(fc.nat({ max: oneDrink.length - 1 }), (cut) => {
        const before = ledgerOf(upTo(cut));
        const copy = structuredClone(before);
        advance(before, oneDrink[cut] as Entry);
        expect(before).toEqual(copy);
      }),
    );
    expect(emptyLedger.uses.size).toBe(0);
  });

  it('moves one key through its stages', () => {
    const stages = oneDrink.map((_, i) => ledgerOf(upTo(i + 1)).uses.get(hex(digestOf(1)))?.stage);
    expect(stages).toEqual([
      undefined,
      'pooled',
      'pooled',
      'pooled',
      'granted',
      'reserved',
      'intent',
      'burned',
      ...Array<string>(4).fill('pouring'),
      ...Array<string>(5).fill('spent'),
    ]);
  });

  it('counts what was done of a drink', () => {
    expect(use(1, ...upTo(11))).toMatchObject({ started: 2, done: 1, spent: null, booked: false });
    const over = use(1, ...oneDrink);
    expect(over).toMatchObject({ started: 2, done: 2, booked: true, claim: new Uint8Array([1, 2, 3]) });
    expect(over.spent).toEqual(spentEntry(1));
  });

  it('knows a drink whose last piece is done', () => {
    const poured: Entry = { kind: 'POURED', kid: digestOf(1), piece: 7 };
    expect(use(1, ...upTo(12), poured)).toMatchObject({ stage: 'poured', started: 7, done: 7 });
  });

  it('gives free keys in the order they were made', () => {
    const ledger = after(prekeysEntry(1, 9, 2), prekeysEntry(2, 1), grantedEntry(1, 1, 2));
    expect(freePrekeys(ledger).map(({ kid }) => kid)).toEqual([digestOf(9), digestOf(1)]);
  });

  it('remembers the last batch of keys until it is booked', () => {
    const booked: Entry = { kind: 'PREKEYS_BOOKED', digest: digestOf(202), at: 1 };
    expect(after(booked).batch).toBe(null);
    expect(after(prekeysEntry(1, 1), prekeysEntry(2, 2)).batch).toMatchObject({ booked: false, entry: { batch: 2 } });
    expect(after(prekeysEntry(2, 2), booked).batch).toMatchObject({ booked: true });
  });

  it('knows where in the journal a licence was stored', () => {
    const ledger = after(prekeysEntry(1, 1), orderedEntry(1), grantedEntry(5, 1, 1));
    expect(ledger.licences.get(hex(ctiOf(55)))).toEqual({ ...grantedEntry(5, 1, 1), index: 3 });
    expect(ledger.lastSeq).toBe(5);
  });

  it('lets a released use be reserved by its order again', () => {
    const released: Entry = { kind: 'RELEASED', order: orderOf(1), kid: digestOf(1), reason: 'cancelled', at: 5 };
    const ledger = after(prekeysEntry(1, 1), grantedEntry(1, 1, 1), reservedEntry(1, 1, 1), released);
    expect(useOf(ledger, orderOf(1))).toBe(null);
    expect(grantedUse(ledger, orderOf(1))?.kid).toEqual(digestOf(1));
    expect(grantedUse(ledger, orderOf(2))).toBe(null);
  });

  it('takes stock from what was set and from the bounds of sold drinks', () => {
    const set: Entry = { kind: 'STOCK_SET', line: 1, stock_ul: 500_000, who: 'ada', at: 1 };
    expect(after(set, burned(1)).stock).toEqual(new Map([[1, 300_000]]));
    expect(after(burned(1), set).stock).toEqual(new Map([[1, 500_000]]));
  });

  it('is quarantined from the first word of it on', () => {
    const quarantined: Entry = { kind: 'QUARANTINED', reason: 'rolled back', at: 1 };
    expect(after(...oneDrink).quarantined).toBe(null);
    expect(after(quarantined, ...oneDrink).quarantined).toBe('rolled back');
  });

  it('marks a burn that failed', () => {
    const failed: Entry = { kind: 'BURN_FAILED', kid: digestOf(1), reason: 'token/destroy-unproven' };
    expect(use(1, ...upTo(7), failed).stage).toBe('burn-failed');
    expect(use(1, ...upTo(7), failed, voidedEntry(1)).stage).toBe('void');
  });
});

describe('a use that was issued again', () => {
  // the key of the second licence was made before that of the first
  const story = (...more: Entry[]): Entry[] => [
    prekeysEntry(1, 2, 1),
    orderedEntry(1),
    grantedEntry(1, 1, 1),
    reservedEntry(1, 1, 1),
    burnIntent(1),
    burned(1),
    voidedEntry(1),
    claimed(1, 4, 4),
    { ...grantedEntry(2, 1, 2), replaces: digestOf(1) },
    ...more,
  ];

  it('answers the claim of the one that it replaces', () => {
    expect(use(1, ...story().slice(0, -1)).booked).toBe(false);
    expect(use(1, ...story()).booked).toBe(true);
    expect(unsyncedUses(after(...story().slice(0, -1)))).toBe(1);
    expect(unsyncedUses(after(...story()))).toBe(0);
  });

  it('is the one that its order holds once it is reserved, wherever its key stands in the pool', () => {
    expect(useOf(after(...story()), orderOf(1))?.kid).toEqual(digestOf(1));
    const reserved = after(...story(reservedEntry(1, 2, 2)));
    expect(useOf(reserved, orderOf(1))).toMatchObject({ kid: digestOf(2), stage: 'reserved' });
    const poured = after(...story(reservedEntry(1, 2, 2), burnIntent(2), burned(2), spentEntry(2)));
    expect(useOf(poured, orderOf(1))).toMatchObject({ kid: digestOf(2), stage: 'spent' });
  });

  it('may itself be void and be issued again', () => {
    const twice = story(reservedEntry(1, 2, 2), burnIntent(2), burned(2), voidedEntry(2), claimed(2, 5));
    expect(useOf(after(...twice), orderOf(1))).toMatchObject({ kid: digestOf(2), stage: 'void' });
    expect(unsyncedUses(after(...twice))).toBe(1);
  });
});

describe('uses that licensing has not booked', () => {
  it('are those that are spent or void without an answer', () => {
    const spent = [...upTo(8), pieceStarted(1, 1), pieceDone(1, 1), spentEntry(1)];
    expect(unsyncedUses(after(...upTo(12)))).toBe(0);
    expect(unsyncedUses(after(...spent))).toBe(1);
    expect(unsyncedUses(after(...spent, { kind: 'OUTCOME_BOOKED', kid: digestOf(1), at: 1 }))).toBe(0);
  });
});

describe('a use that waits', () => {
  const stored = [prekeysEntry(1, 1, 2), orderedEntry(1), grantedEntry(1, 1, 1)];
  const released = (order: number, kid: number): Entry => ({
    kind: 'RELEASED',
    order: orderOf(order),
    kid: digestOf(kid),
    reason: 'cancelled',
    at: 5,
  });

  it('waits for the order that it was bought for, then for whoever had it last', () => {
    expect(grantedUse(after(...stored), orderOf(1))?.kid).toEqual(digestOf(1));
    const passedOn = after(...stored, reservedEntry(2, 1, 1), released(2, 1));
    expect(grantedUse(passedOn, orderOf(1))).toBeNull();
    expect(grantedUse(passedOn, orderOf(2))?.kid).toEqual(digestOf(1));
  });

  it('is gone once it is withdrawn', () => {
    const withdrawn: Entry = { kind: 'WITHDRAWN', kid: digestOf(1), reason: 'revoked', at: 6 };
    expect(use(1, ...stored, withdrawn).stage).toBe('withdrawn');
    expect(grantedUse(after(...stored, withdrawn), orderOf(1))).toBeNull();
  });
});

describe('what licensing has told', () => {
  it('is the last time and the last status list', () => {
    const list = (number: number): Entry => ({
      kind: 'STATUS_LIST',
      number,
      digest: digestOf(number),
      expires: 100 * number,
      at: 1,
    });
    const ledger = after({ kind: 'TIME', time: 5, at: 9 }, list(1), { kind: 'TIME', time: 7, at: 2 }, list(2));
    expect([ledger.time, ledger.statusList?.number, ledger.statusList?.expires]).toEqual([7, 2, 200]);
    expect([emptyLedger.time, emptyLedger.statusList]).toEqual([null, null]);
  });
});
