import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { satoshi } from '#shared/units.ts';
import type { AddressBook, ReceivingAddress } from './address-book.ts';
import type { ChainLook, ChainOutput } from './chain-source.ts';
import { FreshAddresses } from './fresh-addresses.ts';

const paid: ChainOutput = { txid: 'aa', vout: 0, value: satoshi(1), confirmations: 1, blockTime: null };
const at = (index: number): ReceivingAddress => ({ index, address: `rb1q${index}`, script: `${index}` });

describe('fresh addresses', () => {
  let taken: number;
  let used: Set<string>;
  let isUp: boolean;
  let addresses: FreshAddresses;
  beforeEach(() => {
    taken = 0;
    used = new Set();
    isUp = true;
    const book: AddressBook = {
      at,
      next: async () => {
        taken += 1;
        return at(taken);
      },
    };
    const look = async ({ script }: { script: string }): Promise<ChainLook> => {
      await Promise.resolve();
      if (!isUp) throw new Failure('payment/unknown');
      return { tip: { height: 1, hash: '' }, outputs: used.has(script) ? [paid] : [] };
    };
    addresses = new FreshAddresses(book, { look });
  });

  it('are answered once each, also to callers at the same time', async () => {
    const all = await Promise.all([addresses.next(), addresses.next(), addresses.next()]);
    expect(all.map(({ index }) => index)).toEqual([1, 2, 3]);
  });

  it('are not used up while the chain cannot be asked', async () => {
    isUp = false;
    for (let tried = 0; tried < 5; tried += 1) {
      await expect(addresses.next()).rejects.toMatchObject({ code: 'payment/unknown' });
    }
    isUp = true;
    const all = await Promise.all([addresses.next(), addresses.next()]);
    expect(all.map(({ index }) => index)).toEqual([1, 2]);
    expect(taken).toBe(2);
  });

  it('step over those that the chain has seen', async () => {
    used = new Set(['1', '2']);
    expect((await addresses.next()).index).toBe(3);
  });

  it('are refused after two hundred used ones', async () => {
    used = new Set(Array.from({ length: 300 }, (_, n) => `${n}`));
    await expect(addresses.next()).rejects.toMatchObject({ code: 'payment/address-reused', facts: { tried: 200 } });
  });
});
