import { createCipheriv, createDecipheriv } from 'node:crypto';
import { invariant } from '#shared/failure.ts';
import { bufferOf } from './cryptoki.ts';
import { gcm, tagLength } from './mechanisms.ts';
import { notAuthentic, type Sealed } from './pkcs11-job.ts';

/**
 * What `openGcm` does in the token, done here with a key in memory (profile S): AES-256-GCM, 12-byte nonce, 16-byte tag.
 * Answers the plaintext's length.
 * @throws Failure `recipe/piece-not-authentic` for any mismatch; `out` then holds zeros
 */
export function openInMemory(key: Uint8Array, { nonce, aad, sealed, out }: Sealed): number {
  gcm(nonce, aad);
  invariant(out.length >= sealed.length, 'the output buffer has room for ciphertext and tag');
  if (sealed.length < tagLength) throw notAuthentic(bufferOf(out));
  const length = sealed.length - tagLength;
  // without authTagLength Node takes a tag of four bytes
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength }).setAAD(aad);
  decipher.setAuthTag(sealed.subarray(length));
  const clear = decipher.update(sealed.subarray(0, length));
  try {
    decipher.final();
    out.set(clear);
    return length;
  } catch (error) {
    throw notAuthentic(bufferOf(out), error);
  } finally {
    clear.fill(0);
  }
}

/** Ciphertext and tag into `out`, which holds 16 bytes more than `plaintext`. */
export function sealInMemory(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  out: Uint8Array,
) {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength }).setAAD(aad);
  out.set(cipher.update(plaintext));
  cipher.final();
  out.set(cipher.getAuthTag(), plaintext.length);
}
