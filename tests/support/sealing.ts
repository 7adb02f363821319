import { constants, createCipheriv, createPublicKey, type KeyObject, publicEncrypt } from 'node:crypto';

/** Associated data of the pieces below. */
export const pieceAad: Uint8Array = Buffer.from('piece 0');

export function publicKeyOf(spki: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
}

/** RSA-OAEP, SHA-1, no label, in memory, as an author's computer does it. */
export function wrapTo(spki: Uint8Array, key: Uint8Array): Uint8Array {
  return publicEncrypt({ key: publicKeyOf(spki), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, key);
}

/** AES-256-GCM in memory: ciphertext and tag. */
export function sealPiece(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad = pieceAad): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}
