import { createHash } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import { awaiting, bufferOf } from './cryptoki.ts';
import { requireKey } from './key-objects.ts';
import type { Login } from './login.ts';
import type { SignatureAlgorithm } from './token.ts';

export interface Signing {
  readonly mechanism: pkcs11.Mechanism;
  /** What C_Sign is given for a message. */
  readonly prepare: (message: Buffer) => Buffer;
}

/** How a module makes each signature. */
export const signing: Readonly<Record<SignatureAlgorithm, Signing>> = {
  PS256: {
    mechanism: {
      mechanism: pkcs11.CKM_SHA256_RSA_PKCS_PSS,
      parameter: {
        type: pkcs11.CK_PARAMS_RSA_PSS,
        hashAlg: pkcs11.CKM_SHA256,
        mgf: pkcs11.CKG_MGF1_SHA256,
        saltLen: 32,
      } as pkcs11.RsaPSS,
    },
    prepare: (message) => message,
  },
  RS256: { mechanism: { mechanism: pkcs11.CKM_SHA256_RSA_PKCS }, prepare: (message) => message },
  // SoftHSM has no CKM_ECDSA_SHA256: the digest is made here
  ES256: {
    mechanism: { mechanism: pkcs11.CKM_ECDSA },
    prepare: (message) => createHash('sha256').update(message).digest(),
  },
};

/** See `Token.sign`. */
export function signAs(
  login: Login,
  label: string,
  algorithm: SignatureAlgorithm,
  message: Uint8Array,
): Promise<Uint8Array> {
  const { mechanism, prepare } = signing[algorithm];
  return login.borrow((session) =>
    awaiting('sign', async () => {
      const input = prepare(bufferOf(message));
      const signature = Buffer.alloc(512);
      login.cryptoki.api.C_SignInit(session, mechanism, requireKey(login, 'private', label));
      return new Uint8Array(await login.cryptoki.api.C_SignAsync(session, input, signature));
    }),
  );
}
