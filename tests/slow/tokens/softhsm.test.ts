import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { decryptLoad } from '../../support/decrypt-load.ts';
import { type SoftTokens, softTokens } from '../../support/soft-token.ts';

let tokens: SoftTokens;
let token: Pkcs11Token;

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('mixer');
  await token.generateSigningKey('identity', { rsaBits: 2048 });
  await token.generateUnwrapKey('prekey', 2048);
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

test('eight sessions decrypt 2,000 pieces each beside signatures and look-ups, and every one is right', async () => {
  const { right, signed } = await decryptLoad(token, 8, 2000);
  expect(right).toBe(16_000);
  expect(signed).toBeGreaterThan(0);
});
