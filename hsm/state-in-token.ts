import { Failure, isFailure } from '#shared/failure.ts';
import { awaiting, bufferOf, type Handle } from './cryptoki.ts';
import { findKey, requireKey } from './key-objects.ts';
import { keyTemplates } from './key-templates.ts';
import type { Login } from './login.ts';
import { makeAesKey } from './make-keys.ts';
import { gcm, nonceLength, tagLength } from './mechanisms.ts';
import { openGcm } from './pkcs11-job.ts';
import { type StateSeal, stateLabel } from './state-seal.ts';

/** State under an AES-256 key that never leaves the token: 12-byte fresh IV, ciphertext, 16-byte tag. */
export function stateInToken(login: Login): StateSeal {
  const { api } = login.cryptoki;
  const withStateKey = <T>(task: (session: Handle, key: Handle) => Promise<T>): Promise<T> =>
    login.borrow((session) => awaiting('state', () => task(session, requireKey(login, 'secret', stateLabel))));
  return {
    ensure: async () => {
      if (findKey(login, 'secret', stateLabel) === null) await makeAesKey(login, stateLabel, keyTemplates.state);
    },
    encrypt: (plaintext, aad) => {
      const nonce = login.entropy.bytes(nonceLength);
      const mechanism = gcm(nonce, aad);
      const sealed = Buffer.alloc(nonceLength + plaintext.length + tagLength);
      sealed.set(nonce);
      return withStateKey(async (session, key) => {
        api.C_EncryptInit(session, mechanism, key);
        await api.C_EncryptAsync(session, bufferOf(plaintext), sealed.subarray(nonceLength));
        return new Uint8Array(sealed);
      });
    },
    decrypt: (sealed, aad, out) => {
      const nonce = sealed.slice(0, nonceLength);
      return withStateKey(async (session, key) => {
        try {
          if (nonce.length < nonceLength) throw new Failure('recipe/piece-not-authentic');
          return await openGcm(login, session, key, { nonce, aad, sealed: sealed.subarray(nonceLength), out });
        } catch (error) {
          if (!isFailure(error, 'recipe/piece-not-authentic')) throw error;
          out.fill(0);
          throw new Failure('token/state-not-authentic', {}, error);
        }
      });
    },
  };
}
