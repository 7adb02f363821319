import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { satoshi } from '#shared/units.ts';
import { bitcoinAmount, paymentUri, readPaymentUri } from './uri.ts';

const address = 'tb1qcr8te4kr609gcawutmrza0j4xv80jy8zmfp6l0';

describe('a payment URI', () => {
  it('has address, amount in bitcoins and escaped texts', () => {
    const request = { address, amount: satoshi(50_000), label: 'Bar & Co', message: 'Order 7 = Caipirinha' };
    expect(paymentUri(request)).toBe(
      `bitcoin:${address}?amount=0.0005&label=Bar%20%26%20Co&message=Order%207%20%3D%20Caipirinha`,
    );
  });

  it.each([
    [1n, '0.00000001'],
    [100_000_000n, '1'],
    [2_100_000_000_000_000n, '21000000'],
    [120_000_000n, '1.2'],
  ])('writes %s satoshi as %s', (amount, text) => {
    expect(bitcoinAmount(satoshi(amount))).toBe(text);
  });

  it('is read back as it was written, whatever the texts', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 2_100_000_000_000_000n }),
        fc.string({ unit: 'grapheme', maxLength: 30 }),
        fc.string({ unit: 'grapheme', maxLength: 30 }),
        (amount, label, message) => {
          const request = { address, amount: satoshi(amount), label, message };
          expect(readPaymentUri(paymentUri(request))).toEqual(request);
        },
      ),
    );
  });

  it.each([
    'bitcoin:',
    `litecoin:${address}?amount=1`,
    `bitcoin:${address}`,
    `bitcoin:${address}?amount=`,
    `bitcoin:${address}?amount=-1`,
    `bitcoin:${address}?amount=1e3`,
    `bitcoin:${address}?amount=0.000000001`,
    `bitcoin:${address}?amount=1,5`,
    `bitcoin:${address}?amount=1&req-other=2`,
    `bitcoin:${address}?amount=1 `,
  ])('is refused as %s', (text) => {
    expect(readPaymentUri(text)).toBeNull();
  });
});
