import { afterAll, beforeAll, expect, test } from 'vitest';
import { openToken } from '#hsm/open-token.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { testPin } from '../../support/soft-token.ts';
import { type TokenBench, tokenContract } from '../../support/token-contract.ts';
import { reportOn, unable } from './report-on.ts';
import { SoftwareTpm } from './software-tpm.ts';

let tpm: SoftwareTpm;
beforeAll(async () => {
  tpm = await SoftwareTpm.start();
  await tpm.initToken('mixer');
});
afterAll(() => tpm[Symbol.asyncDispose]());

async function bench(label: string): Promise<TokenBench> {
  const { module } = tpm;
  const open = () => openToken({ module, label, pin: testPin, entropy: systemEntropy });
  let token = await open();
  return {
    get token() {
      return token;
    },
    async reopen() {
      token[Symbol.dispose]();
      token = await open();
    },
    async [Symbol.asyncDispose]() {
      token[Symbol.dispose]();
    },
  };
}

test('the report on tpm2-pkcs11 finds profile S, as its row says, and leaves nothing behind', async () => {
  const report = await reportOn(tpm.module, 'mixer');
  const because = ['unwrap-oaep-sha1', 'unwrapped-unreadable', 'open-gcm', 'gcm-wrong-tag', 'ends-with-session'];
  expect(report).toMatchObject({
    module: { row: 'tpm2-pkcs11 1.9', tried: true },
    verdict: { t: 'S', because },
    limits: ['unwrap-template', 'unwrapped-private-keeps-uses'],
    differences: [],
    left: 0,
  });
  expect(unable(report)).toEqual({
    'session-key-pairs': 'CKR_ATTRIBUTE_VALUE_INVALID',
    'unwrap-oaep-sha1': 'CKR_GENERAL_ERROR',
  });
});

// libtpms 0.9.2 on OpenSSL 3 takes a wrong OAEP padding for a failure of its own, and refuses everything from then on
tokenContract(
  'tpm2-pkcs11',
  { tokenClass: 'tpm', profile: 'S', bearsWrongWrapping: false, bearsMisuse: false, keepsUsesOfUnwrapped: false },
  () => bench('mixer'),
);

test('a wrong wrapping is refused, and what the simulator then refuses fails by its code', async () => {
  const { module } = tpm;
  using token = await openToken({ module, label: 'mixer', pin: testPin, entropy: systemEntropy });
  await token.generateSigningKey('identity', { rsaBits: 2048 });
  await token.generateUnwrapKey('prekey', 2048);
  using job = token.openJob();
  const wrong = job.unwrapContentKey('prekey', Buffer.alloc(256, 1));
  await expect(wrong).rejects.toMatchObject({ code: 'token/unwrap-refused', facts: {} });
  const sign = (): Promise<Uint8Array> => token.sign('identity', 'RS256', Buffer.from('an order'));
  for (let i = 0; i < 2; i += 1) await expect(sign()).rejects.toMatchObject({ code: 'token/failed' });
  await expect(token.destroyKey('prekey')).rejects.toThrow('token/destroy-unproven');
});
