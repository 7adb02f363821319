import pkcs11 from 'pkcs11js';
import { bufferOf } from './cryptoki.ts';

/** RSAES-OAEP with SHA-1, MGF1-SHA-1 and no label: the only form that SoftHSM 2.6.1 unwraps. */
export const oaep: pkcs11.Mechanism = {
  mechanism: pkcs11.CKM_RSA_PKCS_OAEP,
  parameter: {
    type: pkcs11.CK_PARAMS_RSA_OAEP,
    hashAlg: pkcs11.CKM_SHA_1,
    mgf: pkcs11.CKG_MGF1_SHA1,
    // CKZ_DATA_SPECIFIED, which pkcs11js does not name
    source: 1,
  } as pkcs11.RsaOAEP,
};

/** AES key wrap without padding (RFC 3394), for keys of whole 8 bytes. */
export const keyWrap: pkcs11.Mechanism = { mechanism: pkcs11.CKM_AES_KEY_WRAP };

/** Length of an AES-GCM tag and of its nonce, bytes. */
export const tagLength = 16;
export const nonceLength = 12;

/**
 * AES-GCM with a 12-byte nonce and a 16-byte tag.
 * @throws RangeError for another nonce, or without associated data (SoftHSM 2.6.1 can crash then)
 */
export function gcm(nonce: Uint8Array, aad: Uint8Array): pkcs11.Mechanism {
  if (nonce.length !== nonceLength) throw new RangeError('an AES-GCM nonce has 12 bytes');
  if (aad.length === 0) throw new RangeError('associated data must not be empty');
  return {
    mechanism: pkcs11.CKM_AES_GCM,
    parameter: {
      type: pkcs11.CK_PARAMS_AES_GCM_v240,
      iv: bufferOf(nonce),
      ivBits: 8 * nonceLength,
      aad: bufferOf(aad),
      tagBits: 8 * tagLength,
    } as pkcs11.AesGCM,
  };
}
