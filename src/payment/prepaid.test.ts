import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { satoshi } from '#shared/units.ts';
import {
  balanceOf,
  deposit,
  emptyLedger,
  type Ledger,
  licencePurchase,
  payout,
  post,
  reversal,
  type Transfer,
} from './prepaid.ts';
import { splitPrice } from './split.ts';

const postAll = (...transfers: Transfer[]): Ledger =>
  transfers.reduce((ledger, transfer) => {
    const posting = post(ledger, transfer);
    return posting.type === 'refused' ? ledger : posting.ledger;
  }, emptyLedger);

describe('the split of a licence price', () => {
  it('gives the licensor 70 % rounded down and the marketplace the rest', () => {
    expect(splitPrice(satoshi(1000))).toEqual({ licensor: 700n, marketplace: 300n });
    expect(splitPrice(satoshi(1))).toEqual({ licensor: 0n, marketplace: 1n });
    expect(splitPrice(satoshi(9))).toEqual({ licensor: 6n, marketplace: 3n });
  });

  it('adds up to the price for every price and share', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 16n }), fc.nat(10_000), (price, share) => {
        const { licensor, marketplace } = splitPrice(satoshi(price), share);
        expect(licensor + marketplace).toBe(price);
        expect(licensor * 10_000n).toBeLessThanOrEqual(price * BigInt(share));
        expect((licensor + 1n) * 10_000n).toBeGreaterThan(price * BigInt(share));
      }),
    );
  });

  it.each([-1, 10_001, 0.5])('refuses a share of %s', (share) => {
    expect(() => splitPrice(satoshi(1), share)).toThrow(RangeError);
  });
});

describe('the prepaid ledger', () => {
  const money = deposit('d1', 'm1', 'bitcoin', satoshi(1000));
  const licence = licencePurchase('l1', 'm1', 'anna', splitPrice(satoshi(101)));

  it('moves a licence price from the machine to licensor and marketplace', () => {
    const ledger = postAll(money, licence);
    expect(balanceOf(ledger, 'machine:m1')).toBe(899n);
    expect(balanceOf(ledger, 'licensor:anna')).toBe(70n);
    expect(balanceOf(ledger, 'marketplace:commission')).toBe(31n);
    expect(balanceOf(ledger, 'rail:bitcoin')).toBe(-1000n);
  });

  it('refuses a licence that the account does not cover, by one satoshi', () => {
    const poor = postAll(deposit('d1', 'm1', 'bitcoin', satoshi(100)));
    const posting = post(poor, licence);
    expect(posting).toMatchObject({
      type: 'refused',
      failure: { code: 'payment/balance-low', facts: { missing: '1' } },
    });
    expect(post(postAll(deposit('d1', 'm1', 'bitcoin', satoshi(101))), licence).type).toBe('posted');
  });

  it('posts a repeated transfer once and refuses another one under its key', () => {
    const ledger = postAll(money, licence);
    expect(post(ledger, licence)).toEqual({ type: 'repeated', ledger });
    const other = licencePurchase('l1', 'm1', 'anna', splitPrice(satoshi(102)));
    expect(post(ledger, other)).toMatchObject({ type: 'refused', failure: { code: 'marketplace/duplicate' } });
  });

  it('is as before after a reversal', () => {
    const ledger = postAll(money, licence, reversal('l1/void', licence));
    expect(balanceOf(ledger, 'machine:m1')).toBe(1000n);
    expect(balanceOf(ledger, 'licensor:anna')).toBe(0n);
  });

  it('pays out no more than is held', () => {
    const ledger = postAll(money, licence);
    expect(post(ledger, payout('p1', 'anna', 'bitcoin', satoshi(71))).type).toBe('refused');
    expect(post(ledger, payout('p1', 'anna', 'bitcoin', satoshi(70))).type).toBe('posted');
  });

  it('adds up to zero, leaves no account but a rail below zero, and does not depend on repeats', () => {
    const name = fc.constantFrom('a', 'b');
    const key = fc.nat(8).map(String);
    const amount = fc.bigInt({ min: 0n, max: 500n }).map(satoshi);
    const anyTransfer = fc.oneof(
      fc.tuple(key, name, amount).map(([k, machine, sum]) => deposit(`d${k}`, machine, 'bitcoin', sum)),
      fc.tuple(key, name, name, amount).map(([k, m, l, sum]) => licencePurchase(`l${k}`, m, l, splitPrice(sum))),
      fc.tuple(key, name, amount).map(([k, licensor, sum]) => payout(`p${k}`, licensor, 'bitcoin', sum)),
    );
    fc.assert(
      fc.property(fc.array(anyTransfer, { maxLength: 20 }), (transfers) => {
        const ledger = postAll(...transfers);
        const sums = [...ledger.balances];
        expect(sums.reduce((sum, [, balance]) => sum + balance, 0n)).toBe(0n);
        expect(sums.filter(([account, balance]) => balance < 0n && !account.startsWith('rail:'))).toEqual([]);
        expect(postAll(...transfers, ...ledger.posted.values())).toEqual(ledger);
      }),
    );
  });
});
