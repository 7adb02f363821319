import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { initToken } from '#hsm/init-token.ts';
import { testPin, testSoPin } from '../../support/soft-token.ts';

/**
 * `node init-tpm-token.ts MODULE LABEL`: a token of tpm2-pkcs11, in a process of its own, because the module reads its store once.
 * C_InitToken leaves out one line that `tpm2_ptool init` writes: that the TPM salts PSS by the digest's length. Without it
 * the module makes PSS of raw RSA, which a key that only signs refuses.
 */
const [module = '', label = ''] = process.argv.slice(2);
await initToken({ module, label, soPin: testSoPin, pin: testPin });
const store = new DatabaseSync(join(process.env['TPM2_PKCS11_STORE'] ?? '', 'tpm2_pkcs11.sqlite3'));
const closing = '\n}\n...\n';
const line = '\n  ? !!str "pss-sigs-good"\n  : !!bool "true",';
store
  .prepare('update tokens set config = replace(config, ?, ?) where label = ?')
  .run(closing, `${line}${closing}`, label);
store.close();
