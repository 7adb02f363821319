import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openToken } from '#hsm/open-token.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { runProgram } from '../../run/program.ts';
import { testPin } from '../../support/soft-token.ts';
import { tokenContract } from '../../support/token-contract.ts';
import { reportOn, unable } from './report-on.ts';
import { DebianPackages } from './debian-packages.ts';

let packages: DebianPackages;
const folder = mkdtempSync(join(tmpdir(), 'decant-nss-'));

beforeAll(async () => {
  packages = await DebianPackages.get('libnss3', 'libnss3-tools');
  const pinFile = join(folder, 'pin');
  writeFileSync(pinFile, testPin, { mode: 0o600 });
  const { code, output } = await runProgram(
    packages.path('usr', 'bin', 'certutil'),
    ['-N', '-d', `sql:${folder}`, '-f', pinFile],
    { env: { ...process.env, LD_LIBRARY_PATH: packages.libraryPath() } },
  );
  if (code !== 0) throw new Error(output);
  process.env['DECANT_PKCS11_PARAMETERS'] =
    `configdir='sql:${folder}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=`;
  packages.loadLibraries(/^lib(nspr4|plc4|plds4|nssutil3|sqlite3|softokn3|freebl3|freeblpriv3)\.so/);
});
afterAll(() => {
  packages[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

tokenContract(
  'NSS softokn',
  { tokenClass: 'soft', profile: 'H', bearsWrongWrapping: true, bearsMisuse: true, keepsUsesOfUnwrapped: false },
  async () => {
    const module = packages.library('libsoftokn3.so');
    const open = () => openToken({ module, label: 'NSS Certificate DB', pin: testPin, entropy: systemEntropy });
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
  },
);

test('the report on NSS softokn finds profile H with three holes, as its row says, and leaves nothing behind', async () => {
  const report = await reportOn(packages.library('libsoftokn3.so'), 'NSS Certificate DB');
  expect(report).toMatchObject({
    module: { row: 'NSS softokn 3.87', tried: true },
    verdict: { t: 'H' },
    limits: ['unwrap-template', 'allowed-mechanisms', 'unwrapped-private-keeps-uses'],
    differences: [],
    left: 0,
  });
  expect(unable(report)).toEqual({
    'unwrap-template': 'a key is unwrapped once more as one that can leave',
    'allowed-mechanisms': 'CKA_ALLOWED_MECHANISMS is not taken',
    'unwrap-kwp-210a': 'CKR_WRAPPED_KEY_INVALID',
    'unwrapped-private-keeps-uses': 'a private key that was unwrapped may more than was asked for',
  });
});
