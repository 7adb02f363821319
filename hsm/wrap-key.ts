import { createPublicKey, type KeyObject } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import { Failure } from '#shared/failure.ts';
import { asking, type Handle } from './cryptoki.ts';
import { mechanismList } from './key-templates.ts';
import type { Login } from './login.ts';
import { oaep } from './mechanisms.ts';

/** Wraps `key` inside the token. `key` must be extractable; its clear bytes never are in this process. */
export function wrapKey(
  login: Login,
  session: Handle,
  mechanism: pkcs11.Mechanism,
  wrappingKey: Handle,
  key: Handle,
): Uint8Array {
  // an RSA-3072 private key in PKCS#8 has 1,800 bytes, a wrapped AES key at most 512
  const room = Buffer.alloc(4096);
  const { api } = login.cryptoki;
  // AES and RSA with a public key take microseconds: not worth the memory that the asynchronous form never frees
  return new Uint8Array(asking('wrap key', () => api.C_WrapKey(session, mechanism, wrappingKey, key, room)));
}

/**
 * Wraps `key` inside the token to somebody's RSA public key by OAEP (SHA-1, no label).
 * @throws Failure `message/malformed` unless `recipientSpki` is RSA of 2048 to 4096 bits with exponent 65537
 */
export function wrapToPublicKey(login: Login, session: Handle, recipientSpki: Uint8Array, key: Handle): Uint8Array {
  const { api, quirks } = login.cryptoki;
  const { n, e } = requireRsaKey(recipientSpki).export({ format: 'jwk' });
  const recipient = asking('import public key', () =>
    api.C_CreateObject(session, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
      { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_RSA },
      { type: pkcs11.CKA_TOKEN, value: false },
      { type: pkcs11.CKA_WRAP, value: true },
      { type: pkcs11.CKA_ENCRYPT, value: false },
      { type: pkcs11.CKA_VERIFY, value: false },
      { type: pkcs11.CKA_MODULUS, value: Buffer.from(n ?? '', 'base64url') },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from(e ?? '', 'base64url') },
      ...(quirks.allowedMechanisms
        ? [{ type: pkcs11.CKA_ALLOWED_MECHANISMS, value: mechanismList([pkcs11.CKM_RSA_PKCS_OAEP]) }]
        : []),
    ]),
  );
  try {
    return wrapKey(login, session, oaep, recipient, key);
  } finally {
    api.C_DestroyObject(session, recipient);
  }
}

function requireRsaKey(spki: Uint8Array): KeyObject {
  const key = parseSpki(spki);
  const { modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType !== 'rsa' || modulusLength < 2048 || modulusLength > 4096 || publicExponent !== 65_537n) {
    throw new Failure('message/malformed', { reason: 'not an RSA key to wrap to' });
  }
  return key;
}

function parseSpki(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (error) {
    throw new Failure('message/malformed', { reason: 'not a public key' }, error);
  }
}
