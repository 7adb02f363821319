import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wrapTo } from '#tests/support/sealing.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import { initialiseAgain } from './cryptoki.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';

// A SoftHSM token is a folder: renaming it takes the token out, renaming it again puts it back. One story, step by step.
let tokens: SoftTokens;
let token: Pkcs11Token;
let wrapped: Uint8Array;
let [here, away] = ['', ''];
const message = Buffer.from('an order');

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('mixer');
  await token.generateSigningKey('identity', { rsaBits: 2048 });
  wrapped = wrapTo(await token.generateUnwrapKey('prekey', 2048), Buffer.alloc(32, 1));
  const [name = ''] = await readdir(tokens.tokensFolder);
  [here, away] = [join(tokens.tokensFolder, name), join(tokens.tokensFolder, '..', 'elsewhere')];
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

/** Each of these fails alike: none takes the token for one that has lost its keys. */
async function everythingIsRemoved(): Promise<void> {
  using job = token.openJob();
  const calls: (() => unknown)[] = [
    () => token.hasKey('prekey'),
    () => token.listKeys('prekey'),
    () => token.publicKey('prekey'),
    () => token.sign('identity', 'PS256', message),
    () => token.generateUnwrapKey('another', 2048),
    () => token.destroyKey('prekey'),
    () => job.unwrapContentKey('prekey', wrapped),
    () => token.ensureStateKey(),
  ];
  for (const call of calls) {
    await expect((async () => call())()).rejects.toMatchObject({ code: 'token/removed', facts: { label: 'mixer' } });
  }
}

test('a token that was taken out is removed, again and again, and no key counts as destroyed', async () => {
  await rename(here, away);
  await everythingIsRemoved();
  await everythingIsRemoved();
});

test('SoftHSM does not see it come back: it stays removed, and the failure says to restart', async () => {
  await rename(away, here);
  await everythingIsRemoved();
});

test('a module that begins anew finds every key again', async () => {
  token[Symbol.dispose]();
  initialiseAgain(token.login.cryptoki);
  token = await tokens.reopen('mixer');
  expect(token.listKeys('')).toEqual(['identity', 'prekey']);
  await expect(token.sign('identity', 'PS256', message)).resolves.toHaveLength(256);
  using job = token.openJob();
  await expect(job.unwrapContentKey('prekey', wrapped)).resolves.toEqual({ kind: 'content-key' });
});

test('a key whose token goes while it is being destroyed counts as alive', async () => {
  const { api } = token.login.cryptoki;
  const real = api.C_DestroyObject.bind(api);
  const info = api.C_GetTokenInfo.bind(api);
  api.C_DestroyObject = (session, object) => {
    real(session, object);
    api.C_GetTokenInfo = () => {
      throw new Error('CKR_TOKEN_NOT_PRESENT:224');
    };
  };
  try {
    await expect(token.destroyKey('prekey')).rejects.toMatchObject({
      code: 'token/destroy-unproven',
      facts: { because: 'the token is gone' },
    });
  } finally {
    api.C_DestroyObject = real;
    api.C_GetTokenInfo = info;
  }
});
