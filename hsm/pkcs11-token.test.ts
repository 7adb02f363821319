import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';

let tokens: SoftTokens;
let token: Pkcs11Token;

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('mixer');
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

const publicKey = (spki: Uint8Array) => createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
const wrapTo = (spki: Uint8Array, key: Uint8Array) =>
  publicEncrypt({ key: publicKey(spki), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, key);
const aad = Buffer.from('piece 0');
function seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

describe('signing', () => {
  const message = Buffer.from('an order');

  it('answers PS256 and RS256 with an RSA key, as node:crypto verifies them', async () => {
    const key = publicKey(await token.generateSigningKey('identity', { rsaBits: 2048 }));
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    expect(verify('sha256', message, pss, await token.sign('identity', 'PS256', message))).toBe(true);
    expect(verify('sha256', message, key, await token.sign('identity', 'RS256', message))).toBe(true);
    await expect(token.sign('identity', 'ES256', message)).rejects.toMatchObject({ code: 'token/failed' });
  });

  it('answers ES256 with a P-256 key as r ‖ s, and nothing else', async () => {
    const spki = await token.generateSigningKey('licensing', { curve: 'P-256' });
    const signature = await token.sign('licensing', 'ES256', message);
    expect(signature).toHaveLength(64);
    expect(verify('sha256', message, { key: publicKey(spki), dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
    await expect(token.sign('licensing', 'PS256', message)).rejects.toMatchObject({ code: 'token/failed' });
    expect(token.publicKey('licensing')).toEqual(spki);
  });
});

describe('a job', () => {
  it('opens a piece under a key that the prekey unwrapped', async () => {
    const spki = await token.generateUnwrapKey('prekey/1', 2048);
    const [key, nonce, plaintext] = [randomBytes(32), randomBytes(12), randomBytes(64)];
    using job = token.openJob();
    const handle = await job.unwrapContentKey('prekey/1', wrapTo(spki, key));
    const out = new Uint8Array(80);
    const length = await job.open(handle, nonce, aad, seal(key, nonce, plaintext), out);
    expect(Buffer.from(out.subarray(0, length))).toEqual(plaintext);
  });
});
