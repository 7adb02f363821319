import { constants, type KeyObject, privateDecrypt } from 'node:crypto';

/** A content key that was wrapped to the public half of this RSA key. */
export function unwrapWith(key: KeyObject, wrapped: Uint8Array): Uint8Array {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return new Uint8Array(privateDecrypt({ key, padding, oaepHash: 'sha1' }, wrapped));
}
