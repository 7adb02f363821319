import { Tagged } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCbor } from './cbor.ts';
import {
  contentHeader,
  decodeEncrypt0,
  encodeEncrypt0,
  encrypt0Head,
  encStructure,
  nonceFrom,
} from './cose-encrypt0.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const protectedHeader = contentHeader('A256GCM');
const partialIv = Uint8Array.of(0, 0, 0, 1, 0);
const ciphertext = new Uint8Array(80).fill(5);

describe('a COSE_Encrypt0', () => {
  it('is tag 16 around protected header, Partial IV and ciphertext', () => {
    const bytes = encodeEncrypt0({ algorithm: 'A256GCM', partialIv, ciphertext });
    expect(text(bytes)).toBe(`d08343a10103a106450000000100${'5850'}${'05'.repeat(80)}`);
    expect(decodeEncrypt0(bytes, 96)).toEqual({ algorithm: 'A256GCM', partialIv, ciphertext });
  });

  it('begins with its head, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('A128GCM', 'A192GCM', 'A256GCM'),
        fc.uint8Array({ maxLength: 12 }),
        fc.uint8Array({ minLength: 16, maxLength: 300 }),
        (algorithm, iv, sealed) => {
          const bytes = encodeEncrypt0({ algorithm, partialIv: iv, ciphertext: sealed });
          const head = encrypt0Head(algorithm, iv, sealed.length);
          expect(bytes.subarray(0, head.length)).toEqual(head);
          expect(bytes.subarray(head.length)).toEqual(sealed);
          expect(decodeEncrypt0(bytes, 400)).toEqual({ algorithm, partialIv: iv, ciphertext: sealed });
        },
      ),
    );
  });

  const iv = new Map([[6, partialIv]]);
  it.each<[string, unknown]>([
    ['without a tag', [protectedHeader, iv, ciphertext]],
    ['with the tag of another message', new Tagged(18, [protectedHeader, iv, ciphertext])],
    ['with a fourth part', new Tagged(16, [protectedHeader, iv, ciphertext, 1])],
    ['with a ciphertext that is no bytes', new Tagged(16, [protectedHeader, iv, 'x'])],
    ['with less than a tag', new Tagged(16, [protectedHeader, iv, ciphertext.subarray(0, 15)])],
    [
      'with a second protected header',
      new Tagged(16, [
        encodeCbor(
          new Map([
            [1, 3],
            [3, 0],
          ]),
        ),
        iv,
        ciphertext,
      ]),
    ],
    ['with an unknown algorithm', new Tagged(16, [encodeCbor(new Map([[1, 24]])), iv, ciphertext])],
    ['with the algorithm unprotected', new Tagged(16, [new Uint8Array(), new Map([[1, 3]]), ciphertext])],
    ['with a whole IV', new Tagged(16, [protectedHeader, new Map([[5, new Uint8Array(12)]]), ciphertext])],
    [
      'with a key id beside',
      new Tagged(16, [
        protectedHeader,
        new Map<number, unknown>([
          [4, 'x'],
          [6, partialIv],
        ]),
        ciphertext,
      ]),
    ],
    [
      'with a Partial IV longer than a nonce',
      new Tagged(16, [protectedHeader, new Map([[6, new Uint8Array(13)]]), ciphertext]),
    ],
  ])('is refused %s', (_, item) => {
    expect(() => decodeEncrypt0(encodeCbor(item), 200)).toThrowError(
      expect.objectContaining({ code: 'message/malformed' }),
    );
  });

  it('binds context, header and what stands outside', () => {
    expect(text(encStructure('Encrypt0', protectedHeader, Uint8Array.of(9)))).toBe('8368456e63727970743043a101034109');
  });

  it('has for its nonce the base IV XOR the padded Partial IV', () => {
    const base = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0xf0);
    expect([...nonceFrom(base, Uint8Array.of(0, 0, 1, 2, 1))]).toEqual([1, 2, 3, 4, 5, 6, 7, 0, 0, 1, 2, 0xf1]);
    expect(nonceFrom(base, new Uint8Array())).toEqual(base);
    for (const wrong of [
      [base.subarray(1), partialIv],
      [base, new Uint8Array(13)],
    ] as const) {
      expect(() => nonceFrom(...wrong)).toThrowError(expect.objectContaining({ code: 'message/malformed' }));
    }
  });
});
