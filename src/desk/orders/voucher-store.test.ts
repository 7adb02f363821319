import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { memoryVoucherStore, type VoucherRecord, type VoucherStore } from '#payment/voucher.ts';
import { instant, satoshi } from '#shared/units.ts';
import { openVoucherStore } from './voucher-store.ts';

const voucher = (digest: string, amount: number): VoucherRecord => ({
  digest,
  amount: satoshi(amount),
  issuedAt: instant(1_800_000_000_000),
  usedFor: null,
});
const failing = (): void => {
  throw new Error('disk full');
};

const stores: [string, () => VoucherStore][] = [
  ['in memory', memoryVoucherStore],
  ['in a database', () => openVoucherStore(new DatabaseSync(':memory:'))],
];

describe.each(stores)('a voucher store %s', (_name, open) => {
  it('finds what was added and nothing else', async () => {
    const store = open();
    await store.add(voucher('aa', 500));
    expect(await store.find('aa')).toEqual(voucher('aa', 500));
    expect(await store.find('bb')).toBeNull();
  });

  it('redeems once and adds the remainder with it', async () => {
    const store = open();
    await store.add(voucher('aa', 500));
    let written = 0;
    const along = (): void => {
      written += 1;
    };
    expect(await store.redeem('aa', 'order 1', voucher('bb', 100), along)).toBe(true);
    expect(await store.redeem('aa', 'order 2', voucher('cc', 100), along)).toBe(false);
    expect(written).toBe(1);
    expect((await store.find('aa'))?.usedFor).toBe('order 1');
    expect((await store.find('bb'))?.amount).toBe(100n);
    expect(await store.find('cc')).toBeNull();
  });

  it('redeems nothing when what it pays for is not written', async () => {
    const store = open();
    await store.add(voucher('aa', 500));
    await expect(store.redeem('aa', 'order 1', voucher('bb', 100), failing)).rejects.toThrow('disk full');
    expect((await store.find('aa'))?.usedFor).toBeNull();
    expect(await store.find('bb')).toBeNull();
    expect(await store.redeem('aa', 'order 1', null)).toBe(true);
  });

  it('raises a good voucher, and neither a used nor an unknown one', async () => {
    const store = open();
    await store.add(voucher('aa', 500));
    expect(await store.raise('aa', satoshi(20))).toBe(true);
    await expect(store.raise('aa', satoshi(20), failing)).rejects.toThrow('disk full');
    expect((await store.find('aa'))?.amount).toBe(520n);
    await store.redeem('aa', 'order 1', null);
    expect(await store.raise('aa', satoshi(1))).toBe(false);
    expect(await store.raise('zz', satoshi(1))).toBe(false);
  });
});

it('keeps vouchers when the database is opened again, of any amount', async () => {
  const database = new DatabaseSync(':memory:');
  const amount = satoshi(2_100_000_000_000_000n);
  await openVoucherStore(database).add({ ...voucher('aa', 0), amount });
  expect((await openVoucherStore(database).find('aa'))?.amount).toBe(amount);
});
