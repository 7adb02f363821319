import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findModule } from '#hsm/cryptoki.ts';
import { initToken } from '#hsm/init-token.ts';
import type { ObjectFolder } from '#hsm/object-folder.ts';
import { openToken } from '#hsm/open-token.ts';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { writeSofthsmConfig } from '#hsm/softhsm-config.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';

/** SoftHSM in a folder of this test process. The module reads its configuration once, so there is one per process. */
export interface SoftTokens extends AsyncDisposable {
  readonly module: string;
  readonly tokensFolder: string;
  /** Value of SOFTHSM2_CONF, for other processes. */
  readonly configFile: string;
  /** Initialises a token of this label with `testPin` and opens it. */
  make(label: string, objectFolder?: ObjectFolder): Promise<Pkcs11Token>;
  /** Opens a token made before and closed since. */
  reopen(label: string, objectFolder?: ObjectFolder): Promise<Pkcs11Token>;
}

/** The PIN of every token of these tests. */
export const testPin: Uint8Array = Buffer.from('2718-2818');
export const testSoPin: Uint8Array = Buffer.from('3141-5926');

/** Sets SOFTHSM2_CONF of this process to a fresh folder; call it before anything loads the module. */
export async function softTokens(): Promise<SoftTokens> {
  const folder = await mkdtemp(join(tmpdir(), 'decant-token-'));
  const place = await writeSofthsmConfig(folder);
  process.env['SOFTHSM2_CONF'] = place.configFile;
  const module = findModule(process.env['DECANT_PKCS11_MODULE']);
  const { tokensFolder } = place;
  const reopen = (label: string, objectFolder?: ObjectFolder): Promise<Pkcs11Token> =>
    openToken({
      module,
      label,
      pin: testPin,
      entropy: systemEntropy,
      tokensFolder,
      ...(objectFolder ? { objectFolder } : {}),
    });
  return {
    ...place,
    module,
    reopen,
    async make(label, objectFolder) {
      await initToken({ module, label, soPin: testSoPin, pin: testPin });
      return reopen(label, objectFolder);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
