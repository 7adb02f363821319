import { constants, publicEncrypt } from 'node:crypto';
import { Failure } from '#shared/failure.ts';
import { sha256 } from '#wire/signed-message.ts';
import { publicKeyOf } from '#wire/verify-sign1.ts';
import { sealGcm } from './aes-gcm.ts';
import type { SealCrypto } from './seal-crypto.ts';

/** Sealing by the cryptography of this computer's Node. */
export const nodeSealCrypto: SealCrypto = {
  async sha256(bytes) {
    return sha256(bytes);
  },
  async encrypt(key, nonce, aad, plaintext) {
    return sealGcm(key, nonce, aad, plaintext);
  },
  async wrapKey(spki, key) {
    const publicKey = publicKeyOf(spki);
    if (publicKey.asymmetricKeyType !== 'rsa' || (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
      throw new Failure('token/mechanism-missing', { mechanism: 'RSA-OAEP' });
    }
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    return new Uint8Array(publicEncrypt({ key: publicKey, padding, oaepHash: 'sha1' }, key));
  },
};
