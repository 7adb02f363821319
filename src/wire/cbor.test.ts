import { Tagged } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure } from '#shared/failure.ts';
import { decodeCbor, encodeCbor, skipItem } from './cbor.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const read = (text: string): unknown => decodeCbor(hex(text), 1000);

/** Plain data as messages hold it. */
const data = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.maxSafeInteger(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 6 }), tie('node'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).node;

describe('deterministic CBOR', () => {
  it('gives back what was encoded, as the same bytes', () => {
    fc.assert(
      fc.property(data, (value) => {
        const bytes = encodeCbor(value);
        expect(skipItem(bytes, 0)).toBe(bytes.length);
        const back = decodeCbor(bytes, bytes.length);
        expect(encodeCbor(back)).toEqual(bytes);
      }),
    );
  });

  it('sorts keys by their bytes, whatever the order of writing (RFC 8949 §4.2.1)', () => {
    expect(encodeCbor({ bb: 1, a: 2, c: 3 })).toEqual(encodeCbor({ c: 3, a: 2, bb: 1 }));
    expect(Buffer.from(encodeCbor({ bb: 1, a: 2 })).toString('hex')).toBe('a26161026262' + '6201');
  });

  it('makes objects of maps with text keys, and leaves others maps', () => {
    expect(read('a1 6161 01')).toEqual({ a: 1 });
    expect(read('a1 01 02')).toEqual(new Map([[1, 2]]));
    expect(read('d2 80')).toEqual(new Tagged(18, []));
  });

  it('refuses a map whose key is an array, a map or bytes', () => {
    for (const text of [
      'a1 80 00',
      'a1 a0 00',
      'a1 40 00',
      'a2 00 00 80 00',
      'a2 80 00 a0 00',
      'a1 81 01 02',
      '81 a1 80 00',
    ]) {
      expect(() => read(text)).toThrowError(expect.objectContaining({ code: 'message/malformed' }));
    }
  });

  it.each([
    ['nothing', ''],
    ['a float', 'f9 3c00'],
    ['undefined', 'f7'],
    ['a simple value', 'e0'],
    ['an indefinite byte string', '5f 41 00 ff'],
    ['an indefinite array', '9f 01 ff'],
    ['an indefinite map', 'bf 6161 01 ff'],
    ['a number in more bytes than it needs', '18 01'],
    ['a length in more bytes than it needs', '78 01 61'],
    ['a reserved head', '1c'],
    ['a key twice', 'a2 6161 01 6161 02'],
    ['keys out of order', 'a2 6162 01 6161 02'],
    ['bytes behind the item', '01 01'],
    ['an unknown tag', 'c0 61 61'],
    ['an array that is longer than the bytes', '9a ffff ffff'],
    ['a map that is longer than the bytes', 'bb ffff ffff ffff ffff'],
    ['a string that is longer than the bytes', '5b 7fff ffff ffff ffff'],
    ['text that is not UTF-8', '62 c3 28'],
    ['an end within an item', '82 01'],
    ['an end within a head', '19 01'],
  ])('refuses %s', (_, text) => {
    expect(() => read(text)).toThrowError(expect.objectContaining({ code: 'message/malformed' }));
  });

  it('refuses nesting below 8 levels', () => {
    expect(read(`${'81'.repeat(8)}01`)).toEqual([[[[[[[[1]]]]]]]]);
    expect(() => read(`${'81'.repeat(9)}01`)).toThrowError(expect.objectContaining({ code: 'message/malformed' }));
  });

  it('refuses more bytes than it was told to expect, before looking at them', () => {
    expect(() => decodeCbor(new Uint8Array(11), 10)).toThrowError(
      expect.objectContaining({ code: 'message/too-large', facts: { bytes: 11, limit: 10 } }),
    );
  });

  it('answers any bytes with a value or a failure, and accepts only the one encoding of a value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          expect(encodeCbor(decodeCbor(bytes, 60))).toEqual(bytes);
        } catch (error) {
          if (!isFailure(error, 'message/malformed')) throw error;
        }
      }),
      { numRuns: 5000 },
    );
  });
});
