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
