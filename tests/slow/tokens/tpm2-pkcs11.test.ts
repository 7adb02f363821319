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

// libtpms 0.9.2 on OpenSSL 3 takes a wrong OAEP padding for a failure of its own, and refuses everything from then on
tokenContract(
  'tpm2-pkcs11',
  { tokenClass: 'tpm', profile: 'S', bearsWrongWrapping: false, bearsMisuse: false, keepsUsesOfUnwrapped: false },
  () => bench('mixer'),
);

test('the report on tpm2-pkcs11 finds profile S, as its row says', async () => {
  const report = await reportOn(tpm.module, 'mixer');
  console.log(JSON.stringify({ ...report, probes: unable(report) }));
  expect(report.left).toBe(0);
});
