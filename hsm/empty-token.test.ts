import { describe, expect, it } from 'vitest';
import { softTokens } from '#tests/support/soft-token.ts';
import { emptyToken } from './empty-token.ts';

describe('emptying a token', () => {
  it('destroys every object, and proves it by a fresh look and by the folder', async () => {
    await using tokens = await softTokens();
    using token = await tokens.make('machine');
    await token.generateSigningKey('identity', { rsaBits: 2048 });
    await token.generateSigningKey('wallet', { curve: 'P-256' });
    await token.generateUnwrapKey('prekey-1', 2048);
    await token.ensureStateKey();
    await emptyToken(token.login, ['identity']);
    expect(token.listKeys('')).toEqual(['identity']);
    expect(await token.sign('identity', 'PS256', new Uint8Array(3))).toHaveLength(256);
    await expect(token.encryptState(new Uint8Array(1), new Uint8Array(1))).rejects.toMatchObject({
      code: 'token/key-missing',
    });
    await emptyToken(token.login, []);
    expect(token.listKeys('')).toEqual([]);
    expect(await token.login.objectFolder?.list()).toEqual(new Set());
  });
});
