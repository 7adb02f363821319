import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entropy } from '#shared/entropy.ts';
import { instant, satoshi } from '#shared/units.ts';
import { memoryVoucherStore, type VoucherRecord, Vouchers } from './voucher.ts';
import { newVoucherCode, readVoucherCode, voucherDigest } from './voucher-code.ts';

const now = instant(1_800_000_000_000);
const fixed = (bytes: Uint8Array): Entropy => ({ bytes: (count) => bytes.slice(0, count) });
const anyCode = fc.uint8Array({ minLength: 10, maxLength: 10 }).map((bytes) => newVoucherCode(fixed(bytes)));
const counting = (): Entropy => {
  let next = 0;
  return { bytes: (count) => new Uint8Array(count).fill((next += 1)) };
};

describe('a voucher code', () => {
  it('has sixteen symbols for 80 random bits, and a check character', () => {
    expect(newVoucherCode(fixed(new Uint8Array(10)))).toBe('0000-0000-0000-0000-0');
    expect(newVoucherCode(fixed(new Uint8Array(10).fill(255)))).toMatch(/^ZZZZ-ZZZZ-ZZZZ-ZZZZ-.$/);
  });

  it('is read in any case, without hyphens, and with O, I and L for 0 and 1', () => {
    fc.assert(
      fc.property(anyCode, (code) => {
        const symbols = readVoucherCode(code);
        expect(symbols).toBe(code.replace(/-/g, '').slice(0, 16));
        expect(readVoucherCode(` ${code.toLowerCase().replace(/-/g, ' ')}`)).toBe(symbols);
        const spoken = code.slice(0, -1).replace(/0/g, 'o').replace(/1/g, 'l') + code.slice(-1);
        expect(readVoucherCode(spoken)).toBe(symbols);
      }),
    );
  });

  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

  it('is refused with one symbol wrong', () => {
    fc.assert(
      fc.property(anyCode, fc.nat(15), fc.nat(30), (code, at, shift) => {
        const symbols = code.replace(/-/g, '');
        const wrong = digits.charAt((digits.indexOf(symbols.charAt(at)) + shift + 1) % 32);
        expect(readVoucherCode(symbols.slice(0, at) + wrong + symbols.slice(at + 1))).toBeNull();
      }),
    );
  });

  it('is refused with two neighbours swapped', () => {
    fc.assert(
      fc.property(anyCode, fc.nat(14), (code, at) => {
        const symbols = code.replace(/-/g, '');
        const [left, right] = [symbols.charAt(at), symbols.charAt(at + 1)];
        fc.pre(left !== right);
        expect(readVoucherCode(symbols.slice(0, at) + right + left + symbols.slice(at + 2))).toBeNull();
      }),
    );
  });

  it.each(['', '0000-0000-0000-000', '0000-0000-0000-0000-1', 'UUUU-0000-0000-0000-0', '0000-0000-0000-0000-00'])(
    'is refused as "%s"',
    (typed) => {
      expect(readVoucherCode(typed)).toBeNull();
    },
  );
});

describe('a voucher', () => {
  it('is stored as a digest only', async () => {
    const kept: VoucherRecord[] = [];
    const store = { ...memoryVoucherStore(), add: async (record: VoucherRecord) => void kept.push(record) };
    const { code } = await new Vouchers(store, counting()).issue(satoshi(500), now);
    expect(kept).toMatchObject([{ digest: voucherDigest(readVoucherCode(code) ?? ''), amount: 500n, usedFor: null }]);
    const text = JSON.stringify(kept, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
    expect(text).not.toContain(code.slice(0, 4));
  });

  it('pays once, exactly', async () => {
    const vouchers = new Vouchers(memoryVoucherStore(), counting());
    const { code } = await vouchers.issue(satoshi(500), now);
    expect(await vouchers.redeem(code, satoshi(500), 'order 1', now)).toBeNull();
    await expect(vouchers.redeem(code, satoshi(500), 'order 2', now)).rejects.toMatchObject({
      code: 'payment/voucher-used',
    });
    await expect(vouchers.worth(code)).rejects.toMatchObject({ code: 'payment/voucher-used' });
  });

  it('pays once when it is redeemed twice at the same time', async () => {
    const vouchers = new Vouchers(memoryVoucherStore(), counting());
    const { code } = await vouchers.issue(satoshi(500), now);
    const tries = [1, 2, 3].map((order) => vouchers.redeem(code, satoshi(400), `order ${order}`, now));
    const results = await Promise.allSettled(tries);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  it('gives what is over back as a new voucher', async () => {
    const vouchers = new Vouchers(memoryVoucherStore(), counting());
    const { code } = await vouchers.issue(satoshi(500), now);
    const rest = await vouchers.redeem(code, satoshi(120), 'order 1', now);
    expect(rest?.amount).toBe(380n);
    expect(rest?.code).not.toBe(code);
    expect(await vouchers.worth(rest?.code ?? '')).toBe(380n);
  });

  it('stays good when what it was to pay for cannot be written down', async () => {
    const vouchers = new Vouchers(memoryVoucherStore(), counting());
    const { code } = await vouchers.issue(satoshi(500), now);
    const failing = vouchers.redeem(code, satoshi(120), 'order 1', now, () => {
      throw new Error('disk full');
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(await vouchers.worth(code)).toBe(500n);
  });

  it('can be made worth more until it is used', async () => {
    const vouchers = new Vouchers(memoryVoucherStore(), counting());
    const { code } = await vouchers.issue(satoshi(500), now);
    expect(await vouchers.raise(code, satoshi(70))).toBe(true);
    expect(await vouchers.worth(code)).toBe(570n);
    await vouchers.redeem(code, satoshi(570), 'order 1', now);
    expect(await vouchers.raise(code, satoshi(1))).toBe(false);
    expect(await vouchers.raise('nonsense', satoshi(1))).toBe(false);
  });

  it('stays good when it is worth too little', async () => {
    const vouchers = new Vouchers(memoryVoucherStore(), counting());
    const { code } = await vouchers.issue(satoshi(500), now);
    const dear = vouchers.redeem(code, satoshi(501), 'order 1', now);
    await expect(dear).rejects.toMatchObject({ code: 'payment/voucher-too-small' });
    expect(await vouchers.worth(code)).toBe(500n);
  });

  it('is unknown when nobody issued it', async () => {
    const vouchers = new Vouchers(memoryVoucherStore(), counting());
    await expect(vouchers.worth('0000-0000-0000-0000-0')).rejects.toMatchObject({ code: 'payment/voucher-unknown' });
    await expect(vouchers.worth('nonsense')).rejects.toMatchObject({ code: 'payment/voucher-unknown' });
  });
});
