import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitReader, packBits } from './status-bits.ts';

describe('a bit array', () => {
  it('says of each bit what was put in', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(3000), { maxLength: 60 }), fc.nat(3100), (set, at) => {
        const isSet = bitReader(packBits(set, 3001));
        for (const bit of set) expect(isSet(bit)).toBe(true);
        expect(isSet(at)).toBe(set.includes(at));
      }),
    );
  });

  it('is short when little is revoked: a million licences in under 2 kB', () => {
    expect(packBits([3, 500_000, 999_999], 1_000_000).length).toBeLessThan(2000);
  });

  it('has nothing set beyond its end, however far', () => {
    const isSet = bitReader(packBits([7], 8));
    expect([isSet(7), isSet(8), isSet(2 ** 24), isSet(Number.MAX_SAFE_INTEGER)]).toEqual([true, false, false, false]);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['no deflate stream', new Uint8Array(40).fill(0xff)],
    ['one that blows up beyond 2 MiB', new Uint8Array(deflateRawSync(new Uint8Array(2 ** 21 + 1)))],
  ])('that is %s is refused', (_what, packed) => {
    expect(() => bitReader(packed)).toThrow(expect.objectContaining({ code: 'message/malformed' }));
  });
});
