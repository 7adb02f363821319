import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { Tagged } from 'cborg';
import { describe, expect, it } from 'vitest';
import { encodeCbor } from './cbor.ts';
import { decodeSign1, encodeSign1, type Signer } from './cose-sign1.ts';
import { publicKeyOf, verifySign1, verifySignature } from './verify-sign1.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer: Signer = {
  algorithm: 'ES256',
  chain: [Uint8Array.of(1), Uint8Array.of(2)],
  sign: (message) =>
    Promise.resolve(new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }))),
};
const payload = new TextEncoder().encode('a payload');
const type = 'application/test+cbor';

describe('a COSE_Sign1 of the profile', () => {
  it('carries type, chain and payload, and verifies under its key only', async () => {
    const message = decodeSign1(await encodeSign1(type, payload, signer), 1000);
    expect(message).toMatchObject({ algorithm: 'ES256', type, chain: signer.chain, payload });
    expect(verifySign1(message, publicKey)).toBe(true);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    expect(verifySign1(message, other)).toBe(false);
  });

  it('may have one certificate, or none', async () => {
    for (const chain of [[], [Uint8Array.of(7)]]) {
      expect(decodeSign1(await encodeSign1(type, payload, { ...signer, chain }), 1000).chain).toEqual(chain);
    }
  });

  it('is bound to what stands outside', async () => {
    const message = decodeSign1(await encodeSign1(type, payload, signer, Uint8Array.of(1)), 1000);
    expect(verifySign1(message, publicKey, Uint8Array.of(1))).toBe(true);
    expect(verifySign1(message, publicKey)).toBe(false);
  });

  it('is wrong with a bit flipped at any byte', async () => {
    const good = await encodeSign1(type, payload, signer);
    for (let at = 0; at < good.length; at += 1) {
      const bad = Uint8Array.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      let holds = false;
      try {
        holds = verifySign1(decodeSign1(bad, 1000), publicKey);
      } catch (error) {
        expect(error).toMatchObject({ code: 'message/malformed' });
      }
      expect(holds, `byte ${at}`).toBe(false);
    }
  });

  const header = (entries: [number, unknown][]): Uint8Array => encodeCbor(new Map(entries));
  const good = header([[1, -7]]);
  it.each<[string, unknown]>([
    ['another tag', new Tagged(16, [good, new Map(), payload, payload])],
    ['no tag', [good, new Map(), payload, payload]],
    ['three parts', new Tagged(18, [good, new Map(), payload])],
    ['anything unprotected', new Tagged(18, [good, new Map([[4, payload]]), payload, payload])],
    ['an array for the unprotected header', new Tagged(18, [good, [], payload, payload])],
    ['no payload', new Tagged(18, [good, new Map(), null, payload])],
    ['no algorithm', new Tagged(18, [header([[3, type]]), new Map(), payload, payload])],
    ['another algorithm', new Tagged(18, [header([[1, -8]]), new Map(), payload, payload])],
    [
      'a header that must be understood',
      new Tagged(18, [
        header([
          [1, -7],
          [2, [99]],
        ]),
        new Map(),
        payload,
        payload,
      ]),
    ],
    [
      'a type that is a number',
      new Tagged(18, [
        header([
          [1, -7],
          [3, 0],
        ]),
        new Map(),
        payload,
        payload,
      ]),
    ],
    [
      'five certificates',
      new Tagged(18, [
        header([
          [1, -7],
          [33, Array.from({ length: 5 }, () => payload)],
        ]),
        new Map(),
        payload,
        payload,
      ]),
    ],
    ['a protected header that is no map', new Tagged(18, [encodeCbor(1), new Map(), payload, payload])],
  ])('is refused with %s', (_, item) => {
    expect(() => decodeSign1(encodeCbor(item), 1000)).toThrowError(
      expect.objectContaining({ code: 'message/malformed' }),
    );
  });

  it('never takes a key of another kind or size', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
    const signature = new Uint8Array(64);
    expect(verifySignature('ES256', rsa, payload, signature)).toBe(false);
    expect(verifySignature('ES256', p384, payload, signature)).toBe(false);
    expect(verifySignature('PS256', publicKey, payload, signature)).toBe(false);
    const weak = sign('sha256', payload, { key: small.privateKey, padding: 6, saltLength: 32 });
    expect(verifySignature('PS256', small.publicKey, payload, new Uint8Array(weak))).toBe(false);
  });

  it('reads public keys in DER and nothing else', () => {
    const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
    expect(publicKeyOf(spki).equals(createPublicKey(privateKey))).toBe(true);
    expect(() => publicKeyOf(spki.subarray(1))).toThrowError(expect.objectContaining({ code: 'message/malformed' }));
  });
});
