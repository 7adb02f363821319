import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grantedEntry, orderedEntry, prekeysEntry } from '#tests/support/journal-story.ts';
import { ledgerOf } from './ledger.ts';
import { priceOf } from './usable.ts';

describe('the price of one use', () => {
  it('is its share of the purchase: all shares add up, and no two differ by more than two satoshi', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16 }), fc.nat(100_000), fc.nat(100), (quantity, price, percent) => {
        const kids = Array.from({ length: quantity }, (_, i) => i + 1);
        const licensor = Math.floor((price * percent) / 100);
        const ordered = { ...orderedEntry(1), price, quantity, licensor } as ReturnType<typeof orderedEntry>;
        const ledger = ledgerOf([prekeysEntry(1, ...kids), ordered, grantedEntry(1, 1, ...kids)]);
        const prices = [...ledger.uses.values()].map((use) => priceOf(use, ledger));
        const sum = (of: 'price' | 'licensor' | 'marketplace'): number =>
          prices.reduce((total, one) => total + (one?.[of] ?? 0), 0);
        expect([sum('price'), sum('licensor'), sum('marketplace')]).toEqual([price, licensor, price - licensor]);
        const each = prices.map((one) => one?.price ?? 0);
        expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(2);
        expect(prices.every((one) => one !== null && one.marketplace >= 0)).toBe(true);
      }),
    );
  });
});
