import { expect, it } from 'vitest';
import { decryptLoad } from '#tests/support/decrypt-load.ts';
import { softTokens } from '#tests/support/soft-token.ts';

it('eight sessions decrypt 50 pieces each beside signatures and look-ups, and every one is right', async () => {
  await using tokens = await softTokens();
  using token = await tokens.make('mixer');
  await token.generateSigningKey('identity', { rsaBits: 2048 });
  await token.generateUnwrapKey('prekey', 2048);
  const { right, signed } = await decryptLoad(token, 8, 50);
  expect(right).toBe(400);
  expect(signed).toBeGreaterThan(0);
});
