import pkcs11 from 'pkcs11js';
import { awaiting, type Handle } from './cryptoki.ts';
import { requireKey } from './key-objects.ts';
import { keyTemplates, sentKek, toAttributes } from './key-templates.ts';
import type { Login } from './login.ts';
import { makeRsaKey } from './make-keys.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';
import { wrapKey, wrapToPublicKey } from './wrap-key.ts';

/** A class key on its way to one machine; see `ClassKeyDelivery`. */
export interface WrappedClassKey {
  readonly wrappedKek: Uint8Array;
  readonly wrappedKey: Uint8Array;
}

/** The maker's half of the class-key ceremony: the originals of class keys, in the maker's token. */
export interface ClassKeyVault {
  /** Makes a class key that can leave only wrapped; answers its SubjectPublicKeyInfo, DER. */
  generateClassKey(label: string, bits: 2048 | 3072): Promise<Uint8Array>;
  /**
   * Wraps a class key for one machine under a fresh key-encryption key, and that to the machine's transport key.
   * @throws Failure `token/key-missing`, `message/malformed` when the transport key is no RSA key of 2048 to 4096 bits
   */
  wrapClassKey(label: string, transportSpki: Uint8Array): Promise<WrappedClassKey>;
}

/** The vault in the maker's token. */
export function openClassKeyVault(token: Pkcs11Token): ClassKeyVault {
  const { login } = token;
  return {
    generateClassKey: (label, bits) => makeRsaKey(login, label, bits, keyTemplates.classKeyOriginal),
    wrapClassKey: (label, transportSpki) =>
      login.borrow(async (session) => {
        const classKey = requireKey(login, 'private', label);
        const kek = await makeKek(login, session);
        try {
          const mechanism = { mechanism: login.cryptoki.quirks.keyWrapPadded };
          const wrappedKek = wrapToPublicKey(login, session, transportSpki, kek);
          return { wrappedKek, wrappedKey: wrapKey(login, session, mechanism, kek, classKey) };
        } finally {
          login.cryptoki.api.C_DestroyObject(session, kek);
        }
      }),
  };
}

function makeKek(login: Login, session: Handle): Promise<Handle> {
  const { api, quirks } = login.cryptoki;
  return awaiting('make key-encryption key', () =>
    api.C_GenerateKeyAsync(
      session,
      { mechanism: pkcs11.CKM_AES_KEY_GEN },
      toAttributes(sentKek(quirks), quirks, [{ type: pkcs11.CKA_VALUE_LEN, value: 32 }]),
    ),
  );
}
