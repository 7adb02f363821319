import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instant } from '#shared/units.ts';
import {
  burned,
  burnIntent,
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
import { ledgerOf, type Use } from './ledger.ts';
import { recover, roundTo5s } from './recovery.ts';

const now = instant(1_700_000_002_600);
const kid = digestOf(1);

/** What is written down when power was lost after these entries of a reserved use. */
function found(entries: readonly Entry[], keyPresent: boolean, delivered: number | null = null): Entry[] {
  const ledger = ledgerOf([prekeysEntry(1, 1), orderedEntry(1), grantedEntry(1, 1, 1), ...entries]);
  return recover(
    ledger,
    () => keyPresent,
    () => delivered,
    now,
  );
}

const reserved = reservedEntry(1, 1, 1);
const released = { kind: 'RELEASED', order: orderOf(1), kid, reason: 'restart', at: now };
const voided = { kind: 'VOIDED', kid, reason: 'power-cut', pieces: 0, at: now };
const spent = (changes: object) => ({
  kind: 'SPENT',
  kid,
  result: 'partial',
  reason: 'power-cut',
  pieces: 0,
  ordered_ul: 191_500,
  delivered_ul: 0,
  started: 1_700_000_005_000,
  ended: 1_700_000_005_000,
  ...changes,
});

describe('power lost', () => {
  it('before anything was reserved changes nothing', () => {
    expect(found([], true)).toEqual([]);
    expect(found([], false)).toEqual([]);
  });

  it('before BURN_INTENT releases the use, whose licence is good again', () => {
    expect(found([reserved], true)).toEqual([released]);
  });

  it('with a use reserved whose key is gone leaves it to a person: nothing was burned', () => {
    expect(found([reserved], false)).toEqual([]);
  });

  it('after BURN_INTENT with the key still there poured nothing: the use is released', () => {
    expect(found([reserved, burnIntent(1)], true)).toEqual([released]);
  });

  it('after BURN_INTENT with the key gone is a burn with nothing poured: claimed', () => {
    expect(found([reserved, burnIntent(1)], false)).toEqual([{ kind: 'BURNED', kid, stock: [] }, voided]);
  });

  it('between BURNED and the first piece is claimed, whatever the token says', () => {
    for (const present of [true, false]) expect(found([reserved, burnIntent(1), burned(1)], present)).toEqual([voided]);
  });

  it('after a burn that failed leaves a claim', () => {
    const failed: Entry = { kind: 'BURN_FAILED', kid, reason: 'token/destroy-unproven' };
    const claim = { ...voided, reason: 'burn-failed' };
    expect(found([reserved, burnIntent(1), failed], true)).toEqual([claim]);
    expect(found([reserved, burnIntent(1), failed, voidedEntry(1)], true)).toEqual([]);
  });

  const pouring = [reserved, burnIntent(1), { ...burned(1), total_ul: 191_500 }, pieceStarted(1, 1)];

  it('within a piece leaves a part of a drink, of which nothing that was measured is told', () => {
    expect(found(pouring, false, 44_200)).toEqual([spent({})]);
    expect(found([...pouring, pieceDone(1, 1), pieceStarted(1, 2)], false, 0)).toEqual([spent({})]);
  });

  it('within a piece of which nothing is known leaves a part of a drink', () => {
    expect(found(pouring, false, null)).toEqual([spent({})]);
  });

  it('within the first piece, before a drop of it fell, is claimed', () => {
    expect(found(pouring, false, 0)).toEqual([voided]);
  });

  it('within the first piece, after it was held and went on, leaves a part of a drink: its last job is not all that flowed', () => {
    expect(found([...pouring, pieceStarted(1, 1)], false, 0)).toEqual([spent({})]);
  });

  it('between two pieces leaves a part of a drink', () => {
    expect(found([...pouring, pieceDone(1, 1)], false, null)).toEqual([spent({})]);
  });

  it('after the last piece, and before SPENT, leaves a whole drink of the published total', () => {
    const poured: Entry = { kind: 'POURED', kid, piece: 7 };
    expect(found([...pouring, pieceDone(1, 1), poured], false)).toEqual([
      spent({ result: 'ok', pieces: 8, delivered_ul: 191_500 }),
    ]);
  });

  it('after SPENT or VOIDED leaves what was written down', () => {
    expect(found([...pouring, spentEntry(1)], false)).toEqual([]);
    expect(found([...pouring, voidedEntry(1)], false)).toEqual([]);
  });
});

describe('a start after a power cut', () => {
  const settled: readonly Use['stage'][] = ['pooled', 'granted', 'spent', 'void'];

  it('brings every use to where it can go on, and the next start finds nothing left to do', () => {
    const other: Entry = { ...grantedEntry(2, 2, 2), cti: ctiOf(52) };
    const twoDrinks = [
      ...oneDrink,
      orderedEntry(2),
      other,
      { ...reservedEntry(2, 2, 2) },
      burnIntent(2),
      burned(2),
      pieceStarted(2, 1),
    ];
    fc.assert(
      fc.property(
        fc.nat({ max: twoDrinks.length }),
        fc.option(fc.nat({ max: 1000 }), { nil: null }),
        (cut, delivered) => {
          const entries = twoDrinks.slice(0, cut);
          const burnedKids = entries.flatMap((entry) => (entry.kind === 'BURNED' ? [entry.kid[0]] : []));
          const keyPresent = (use: Use): boolean => !burnedKids.includes(use.kid[0]);
          const written = recover(ledgerOf(entries), keyPresent, () => delivered, now);
          const ledger = ledgerOf([...entries, ...written]);
          for (const use of ledger.uses.values()) {
            expect(settled).toContain(use.stage);
            expect(use.spent !== null && use.voided !== null).toBe(false);
          }
          expect(recover(ledger, keyPresent, () => delivered, now)).toEqual([]);
        },
      ),
    );
  });
});

describe('a time that leaves the cell', () => {
  it('is rounded to 5 s', () => {
    expect(roundTo5s(instant(7_499))).toBe(5_000);
    expect(roundTo5s(instant(7_500))).toBe(10_000);
  });
});
