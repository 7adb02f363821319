import { describe, expect, it } from 'vitest';
import { encStructure, nonceFrom } from '#wire/cose-encrypt0.ts';
import { toBeSigned } from '#wire/cose-sign1.ts';
import { asBytes, type CoseItem, readCose, readItem, structure } from './support/cose-reader.ts';
import { decryptAny, mac, unwrapAny, verifyAny } from './support/other-algorithms.ts';
import {
  type CoseVector,
  coseVectors,
  hexBytes,
  plaintextOf,
  privateKey,
  publicKey,
  type Recipients,
  secretOf,
} from './support/vector-file.ts';

const folders = [
  'sign1-tests',
  'encrypted-tests',
  'aes-gcm-examples',
  'rsa-oaep-examples',
  'ecdsa-examples',
  'rsa-pss-examples',
  'CWT',
];

/** Whether the message of a vector is genuine; throws where it cannot even be read. */
function genuine(vector: CoseVector): boolean {
  const { input, output } = vector;
  const message = hexBytes(output.cbor);
  if (input.sign0 !== undefined) return genuineSign1(vector, message);
  if (input.sign !== undefined) return genuineSign(vector, message);
  if (input.mac0 !== undefined) return genuineMac0(vector, input.mac0, message);
  if (input.encrypted !== undefined) return genuineEncrypt0(vector, input.encrypted, message);
  if (input.enveloped !== undefined) return genuineEncrypt(vector, input.enveloped, message);
  throw new Error('a vector of no kind');
}

function genuineSign1(vector: CoseVector, message: Uint8Array): boolean {
  const { key, external } = vector.input.sign0 ?? { key: { kty: '' } };
  const { protectedHeader, alg, rest } = readCose('Sign1', message);
  const [payload, signature] = rest.map(asBytes);
  const signed = toBeSigned(protectedHeader, hexBytes(external), payload ?? new Uint8Array());
  if (vector.fail !== true) expect(signed).toEqual(hexBytes(vector.intermediates.ToBeSign_hex));
  return verifyAny(alg, publicKey(key), signed, signature ?? new Uint8Array());
}

function genuineSign(vector: CoseVector, message: Uint8Array): boolean {
  const body = readCose('Sign', message);
  const payload = asBytes(body.rest[0]);
  const signers = (body.rest[1] as unknown[]).map(readItem);
  const { sign } = vector.input;
  expect(signers.length).toBe(sign?.signers.length);
  return signers.every(({ protectedHeader, alg, rest }, i) => {
    const external = hexBytes(sign?.signers[i]?.external);
    const signed = structure('Signature', body.protectedHeader, protectedHeader, external, payload);
    expect(signed).toEqual(hexBytes(vector.intermediates.signers?.[i]?.ToBeSign_hex));
    return verifyAny(alg, publicKey(sign?.signers[i]?.key ?? { kty: '' }), signed, asBytes(rest[0]));
  });
}

function genuineMac0(_: CoseVector, { recipients, external }: Recipients, message: Uint8Array): boolean {
  const { protectedHeader, alg, rest } = readCose('Mac0', message);
  const tagged = structure('MAC0', protectedHeader, hexBytes(external), asBytes(rest[0]));
  const key = secretOf(recipients[0]?.key ?? { kty: '' });
  return Buffer.from(mac(alg, key, tagged)).equals(asBytes(rest[1]));
}

function genuineEncrypt0(vector: CoseVector, input: Recipients, message: Uint8Array): boolean {
  const item = readCose('Encrypt0', message);
  const aad = encStructure('Encrypt0', item.protectedHeader, hexBytes(input.external));
  return opens(vector, item, secretOf(input.recipients[0]?.key ?? { kty: '' }), aad);
}

function genuineEncrypt(vector: CoseVector, input: Recipients, message: Uint8Array): boolean {
  const item = readCose('Encrypt', message);
  const aad = encStructure('Encrypt', item.protectedHeader, hexBytes(input.external));
  const recipients = (item.rest[1] as unknown[]).map(readItem);
  return recipients.every(({ alg, rest }, i) => {
    const key = input.recipients[i]?.key ?? { kty: '' };
    const direct = alg === -6;
    if (direct) expect(asBytes(rest[0])).toHaveLength(0);
    const contentKey = direct ? secretOf(key) : unwrapAny(alg, privateKey(key), asBytes(rest[0]));
    expect(Buffer.from(contentKey)).toEqual(Buffer.from(hexBytes(vector.intermediates.CEK_hex)));
    return opens(vector, item, contentKey, aad);
  });
}

function opens(vector: CoseVector, item: CoseItem, key: Uint8Array, aad: Uint8Array): boolean {
  if (vector.fail !== true) expect(aad).toEqual(hexBytes(vector.intermediates.AAD_hex));
  const plaintext = decryptAny(item.alg, key, nonceOf(vector, item), aad, asBytes(item.rest[0]));
  return Buffer.from(plaintext).equals(plaintextOf(vector));
}

/** The IV of the message, or from its Partial IV and the context's base IV, of which the vector tells the sum. */
function nonceOf({ input }: CoseVector, item: CoseItem): Uint8Array {
  const iv = item.header(5);
  if (iv !== undefined) return asBytes(iv);
  const partialIv = asBytes(item.header(6));
  const whole = hexBytes(input.enveloped?.unsent?.IV_hex);
  const baseIv = Uint8Array.from(whole).fill(0, whole.length - partialIv.length);
  const nonce = nonceFrom(baseIv, partialIv);
  expect(nonce).toEqual(whole);
  return nonce;
}

describe.each(folders)('COSE examples: %s', (folder) => {
  it.each(coseVectors(folder))('%s is judged as it says', (_, vector) => {
    const judge = (): boolean => {
      try {
        return genuine(vector);
      } catch (error) {
        if (vector.fail === true) return false;
        throw error;
      }
    };
    expect(judge()).toBe(vector.fail !== true);
  });
});

describe('COSE examples', () => {
  it('are all there', () => {
    const all = folders.flatMap((folder) => coseVectors(folder));
    expect([all.length, all.filter(([, { fail }]) => fail === true).length]).toEqual([47, 14]);
  });
});
