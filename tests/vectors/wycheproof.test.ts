import { constants, createPrivateKey, createPublicKey, privateDecrypt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openGcm, sealGcm } from '#recipes/aes-gcm.ts';
import { isFailure } from '#shared/failure.ts';
import { verifySignature } from '#wire/verify-sign1.ts';
import { hexBytes, readJson } from './support/vector-file.ts';

/** Hexadecimal fields, each there where its file has it. */
interface Case {
  readonly tcId: number;
  readonly comment: string;
  readonly result: string;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly sig: string;
  readonly label: string;
}

interface Group {
  readonly publicKeyPem: string;
  readonly privateKeyPem: string;
  readonly privateKeyPkcs8: string;
  readonly tests: readonly Case[];
}

const groups = (file: string): readonly Group[] =>
  (readJson(`wycheproof/${file}.json`) as { testGroups: Group[] }).testGroups;

describe('AES-GCM of Wycheproof, through node:crypto', () => {
  const cases = groups('aes_gcm_256_96_128').flatMap(({ tests }) => tests);

  it.each(cases)('$tcId $comment is $result', ({ key, iv, aad, msg, ct, tag, result }) => {
    const sealed = hexBytes(`${ct}${tag}`);
    const out = new Uint8Array(sealed.length);
    const open = (): Uint8Array => out.subarray(0, openGcm(hexBytes(key), hexBytes(iv), hexBytes(aad), sealed, out));
    if (result === 'valid') {
      expect(open()).toEqual(hexBytes(msg));
      expect(sealGcm(hexBytes(key), hexBytes(iv), hexBytes(aad), hexBytes(msg))).toEqual(sealed);
      return;
    }
    expect(open).toThrowError(expect.objectContaining({ code: 'recipe/piece-not-authentic' }));
    expect(out.every((byte) => byte === 0)).toBe(true);
  });

  it('refuses every shorter tag, which node:crypto alone would take', () => {
    const [first] = cases.filter(({ result }) => result === 'valid');
    if (first === undefined) throw new Error('no valid case');
    const { key, iv, aad, ct, tag } = first;
    for (let length = 0; length < 16; length += 1) {
      const sealed = hexBytes(`${ct}${tag.slice(0, 2 * length)}`);
      let refused = false;
      try {
        openGcm(hexBytes(key), hexBytes(iv), hexBytes(aad), sealed, new Uint8Array(sealed.length));
      } catch (error) {
        refused = isFailure(error, 'recipe/piece-not-authentic');
      }
      expect(refused, `${length} bytes`).toBe(true);
    }
  });
});

describe.each([
  ['ES256', 'ecdsa_secp256r1_sha256_p1363_test'],
  ['PS256', 'rsa_pss_3072_sha256_mgf1_32_test'],
] as const)('%s of Wycheproof, through the check of every signed message', (algorithm, file) => {
  const cases = groups(file).flatMap(({ publicKeyPem, tests }) => tests.map((one) => ({ ...one, publicKeyPem })));

  it.each(cases)('$tcId $comment is $result', ({ publicKeyPem, msg, sig, result }) => {
    const key = createPublicKey(publicKeyPem);
    expect(verifySignature(algorithm, key, hexBytes(msg), hexBytes(sig))).toBe(result === 'valid');
  });
});

describe('RSA-OAEP with SHA-1 of Wycheproof, through node:crypto', () => {
  const cases = groups('rsa_oaep_2048_sha1').flatMap(({ privateKeyPkcs8, tests }) =>
    tests.map((one) => ({ ...one, privateKeyPkcs8 })),
  );

  it.each(cases)('$tcId $comment is $result', ({ privateKeyPkcs8, msg, ct, label, result }) => {
    const key = createPrivateKey({ key: Buffer.from(privateKeyPkcs8, 'hex'), format: 'der', type: 'pkcs8' });
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const oaepLabel = Buffer.from(label, 'hex');
    const open = (): Buffer => privateDecrypt({ key, padding, oaepHash: 'sha1', oaepLabel }, hexBytes(ct));
    if (result === 'valid') expect(open()).toEqual(Buffer.from(hexBytes(msg)));
    else expect(open).toThrow(/oaep|rsa routines/i);
  });
});
