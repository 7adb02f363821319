import { constants, createHash, createPublicKey, publicEncrypt, verify, type KeyObject } from 'node:crypto';
import { Failure, isFailure } from '#shared/failure.ts';
import type { ClearKeys } from './clear-keys.ts';
import { bufferOf } from './cryptoki.ts';
import { decryptKey } from './decrypt-key.ts';
import { findKey, readSpki } from './key-objects.ts';
import { keyTemplates } from './key-templates.ts';
import type { Login } from './login.ts';
import { makeEcKey, makeRsaKey } from './make-keys.ts';
import { nonceLength, tagLength } from './mechanisms.ts';
import { openInMemory, sealInMemory } from './open-in-memory.ts';
import { signAs } from './sign.ts';
import { type StateSeal, stateLabel } from './state-seal.ts';

const signatureLabel = 'state/signature';
const signatureLength = 64;
const wrappedLength = 256;
const headLength = signatureLength + wrappedLength + nonceLength;

/**
 * State in a token without AES (profile S): under a fresh AES-256 key, which is wrapped to the token's RSA key `state`; all
 * of it signed by the token's key `state/signature`, because anybody can wrap to a public key. Signature (64 bytes), wrapped key
 * (256), IV (12), ciphertext, tag (16).
 */
export function signedState(login: Login, clearKeys: ClearKeys): StateSeal {
  const publicKey = (label: string): KeyObject =>
    createPublicKey({ key: Buffer.from(readSpki(login, label)), format: 'der', type: 'spki' });
  return {
    ensure: async () => {
      const missing = (label: string): boolean => findKey(login, 'private', label) === null;
      if (missing(stateLabel)) await makeRsaKey(login, stateLabel, 2048, keyTemplates.decrypt);
      if (missing(signatureLabel)) await makeEcKey(login, signatureLabel, keyTemplates.ecSigning);
    },
    encrypt: async (plaintext, aad) => {
      const sealed = Buffer.alloc(headLength + plaintext.length + tagLength);
      const key = login.entropy.bytes(32);
      try {
        const padding = constants.RSA_PKCS1_OAEP_PADDING;
        sealed.set(publicEncrypt({ key: publicKey(stateLabel), padding, oaepHash: 'sha1' }, key), signatureLength);
        const nonce = login.entropy.bytes(nonceLength);
        sealed.set(nonce, headLength - nonceLength);
        sealInMemory(key, nonce, aad, plaintext, sealed.subarray(headLength));
      } finally {
        key.fill(0);
      }
      sealed.set(await signAs(login, signatureLabel, 'ES256', signedPart(sealed, aad)));
      return new Uint8Array(sealed);
    },
    decrypt: async (sealed, aad, out) => {
      const key = clearKeys.take();
      try {
        if (!isOurs(bufferOf(sealed), aad, publicKey(signatureLabel))) throw new Failure('recipe/piece-not-authentic');
        const wrapped = sealed.slice(signatureLength, signatureLength + wrappedLength);
        await login.during(() => decryptKey(login, stateLabel, wrapped, key.bytes));
        const nonce = sealed.subarray(headLength - nonceLength, headLength);
        return openInMemory(key.bytes.subarray(0, 32), { nonce, aad, sealed: sealed.subarray(headLength), out });
      } catch (error) {
        if (!isFailure(error, 'recipe/piece-not-authentic') && !isFailure(error, 'token/unwrap-refused')) throw error;
        out.fill(0);
        throw new Failure('token/state-not-authentic', {}, error);
      } finally {
        clearKeys.giveBack(key);
      }
    },
  };
}

function isOurs(sealed: Buffer, aad: Uint8Array, key: KeyObject): boolean {
  if (sealed.length < headLength + tagLength) return false;
  const signature = sealed.subarray(0, signatureLength);
  return verify('sha256', signedPart(sealed, aad), { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** The digest of the associated data, which has one length, and everything behind the signature. */
function signedPart(sealed: Buffer, aad: Uint8Array): Buffer {
  return Buffer.concat([createHash('sha256').update(aad).digest(), sealed.subarray(signatureLength)]);
}
