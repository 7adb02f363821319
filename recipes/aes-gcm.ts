import { createCipheriv, createDecipheriv } from 'node:crypto';
import { Failure } from '#shared/failure.ts';
import { gcmNonceBytes, gcmTagBytes } from '#wire/cose-encrypt0.ts';

/** Ciphertext and 16-byte tag under AES-GCM; the key's length (16, 24, 32) chooses the variant. */
export function sealGcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv(`aes-${keyBits(key)}-gcm`, key, nonce, { authTagLength: gcmTagBytes });
  cipher.setAAD(aad);
  const out = new Uint8Array(plaintext.length + gcmTagBytes);
  out.set(cipher.update(plaintext));
  cipher.final();
  out.set(cipher.getAuthTag(), plaintext.length);
  return out;
}

/**
 * Opens what `sealGcm` made into `out` and answers the plaintext's length. Nothing reaches `out` before the tag is
 * checked (`update` alone hands out plaintext unchecked, and without `authTagLength` a 4-byte tag would do).
 * @throws Failure `recipe/piece-not-authentic`
 */
export function openGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertextAndTag: Uint8Array,
  out: Uint8Array,
): number {
  const length = ciphertextAndTag.length - gcmTagBytes;
  if (length < 0 || nonce.length !== gcmNonceBytes) throw new Failure('recipe/piece-not-authentic');
  const decipher = createDecipheriv(`aes-${keyBits(key)}-gcm`, key, nonce, { authTagLength: gcmTagBytes });
  decipher.setAAD(aad);
  decipher.setAuthTag(ciphertextAndTag.subarray(length));
  const unchecked = decipher.update(ciphertextAndTag.subarray(0, length));
  try {
    decipher.final();
    out.set(unchecked);
  } catch {
    throw new Failure('recipe/piece-not-authentic');
  } finally {
    unchecked.fill(0);
  }
  return length;
}

function keyBits(key: Uint8Array): 128 | 192 | 256 {
  const bits = key.length * 8;
  if (bits !== 128 && bits !== 192 && bits !== 256) throw new RangeError('not an AES key');
  return bits;
}
