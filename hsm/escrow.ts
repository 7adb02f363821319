import { findKey, readSpki, requireKey, verifyTemplate } from './key-objects.ts';
import { keyTemplates } from './key-templates.ts';
import type { Login } from './login.ts';
import { makeAesKey, makeRsaKey } from './make-keys.ts';
import { keyWrap, oaep } from './mechanisms.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';
import { unwrapAesKey } from './unwrap-key.ts';
import { wrapKey, wrapToPublicKey } from './wrap-key.ts';
import type { Handle } from './cryptoki.ts';

/**
 * Licensing's half of a content key's life: authors deposit it, the database keeps it under a key that never leaves
 * the token, each licence gets it wrapped to one prekey. Its clear bytes are never in the service's memory.
 */
export interface Escrow {
  /** SubjectPublicKeyInfo, DER, of the key (RSA-3072) to which authors wrap deposits. */
  depositPublicKey(): Uint8Array;
  /**
   * Takes a deposit (RSA-OAEP, SHA-1, no label); answers the same key under the escrow key (RFC 3394, 40 bytes).
   * @throws Failure `token/unwrap-refused` when it was not made for the deposit key
   */
  accept(deposit: Uint8Array): Promise<Uint8Array>;
  /**
   * Wraps a key that `accept` answered to a prekey (RSA-OAEP, SHA-1, no label).
   * @throws Failure `token/unwrap-refused` for other bytes, `message/malformed` when the prekey is no RSA key of 2048
   *   to 4096 bits
   */
  rewrap(underEscrowKey: Uint8Array, recipientSpki: Uint8Array): Promise<Uint8Array>;
}

const depositLabel = 'deposit';
const escrowLabel = 'escrow';

/** The escrow in `token`; makes its two keys when they are not there. */
export async function openEscrow(token: Pkcs11Token): Promise<Escrow> {
  const { login } = token;
  if (findKey(login, 'private', depositLabel) === null) {
    await makeRsaKey(login, depositLabel, 3072, keyTemplates.deposit);
  }
  if (findKey(login, 'secret', escrowLabel) === null) await makeAesKey(login, escrowLabel, keyTemplates.escrow);
  const escrowKey = (): Handle => requireKey(login, 'secret', escrowLabel);
  return {
    depositPublicKey: () => readSpki(login, depositLabel),
    accept: (deposit) => {
      const depositKey = requireKey(login, 'private', depositLabel);
      return passing(login, oaep, depositKey, deposit, (session, key) =>
        wrapKey(login, session, keyWrap, escrowKey(), key),
      );
    },
    rewrap: (underEscrowKey, recipientSpki) =>
      passing(login, keyWrap, escrowKey(), underEscrowKey, (session, key) =>
        wrapToPublicKey(login, session, recipientSpki, key),
      ),
  };
}

/** Unwraps a content key to a session object, hands it to `task`, destroys it. */
function passing<T>(
  login: Login,
  mechanism: Parameters<typeof unwrapAesKey>[2],
  unwrapKey: Handle,
  wrapped: Uint8Array,
  task: (session: Handle, key: Handle) => T,
): Promise<T> {
  return login.borrow(async (session) => {
    const template = keyTemplates.passingContentKey;
    const key = await unwrapAesKey(login, session, mechanism, unwrapKey, wrapped, template);
    try {
      verifyTemplate(login, key, template);
      return task(session, key);
    } finally {
      login.cryptoki.api.C_DestroyObject(session, key);
    }
  });
}
