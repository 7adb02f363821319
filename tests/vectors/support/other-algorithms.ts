import { constants, createDecipheriv, createHmac, type KeyObject, privateDecrypt, verify } from 'node:crypto';
import { openGcm } from '#recipes/aes-gcm.ts';
import { verifySignature } from '#wire/verify-sign1.ts';

const ecdsa: Readonly<Record<number, string>> = { [-7]: 'sha256', [-35]: 'sha384', [-36]: 'sha512' };
const pss: Readonly<Record<number, readonly [string, number]>> = {
  [-37]: ['sha256', 32],
  [-38]: ['sha384', 48],
  [-39]: ['sha512', 64],
};
const oaepHashes: Readonly<Record<number, string>> = { [-40]: 'sha1', [-41]: 'sha256', [-42]: 'sha512' };

/** A signature of any COSE algorithm in the vectors; ES256 and PS256 through the product. */
export function verifyAny(alg: number, key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  if (alg === -7) return verifySignature('ES256', key, message, signature);
  if (alg === -37) return verifySignature('PS256', key, message, signature);
  const hash = ecdsa[alg];
  if (hash !== undefined) return verify(hash, message, { key, dsaEncoding: 'ieee-p1363' }, signature);
  const [pssHash, saltLength] = pss[alg] ?? [];
  if (pssHash === undefined || saltLength === undefined) throw new Error(`unknown algorithm ${alg}`);
  return verify(pssHash, message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature);
}

/** The plaintext of any content algorithm in the vectors; AES-GCM through the product. */
export function decryptAny(
  alg: number,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  if (alg === 10) return openCcm(key, nonce, aad, ciphertext);
  if (alg < 1 || alg > 3 || key.length !== 8 + 8 * alg) throw new Error(`algorithm ${alg} does not fit the key`);
  const out = new Uint8Array(ciphertext.length);
  return out.subarray(0, openGcm(key, nonce, aad, ciphertext, out));
}

/** A content key out of a recipient's ciphertext. */
export function unwrapAny(alg: number, key: KeyObject, wrapped: Uint8Array): Uint8Array {
  const oaepHash = oaepHashes[alg];
  if (oaepHash === undefined) throw new Error(`unknown algorithm ${alg}`);
  return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, wrapped);
}

/** HMAC-SHA-256, cut to 64 bits (alg 4) or whole (alg 5). */
export function mac(alg: number, key: Uint8Array, message: Uint8Array): Uint8Array {
  const whole = new Uint8Array(createHmac('sha256', key).update(message).digest());
  return alg === 4 ? whole.subarray(0, 8) : whole;
}

/** AES-CCM-16-64-128. */
function openCcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const length = ciphertext.length - 8;
  const decipher = createDecipheriv('aes-128-ccm', key, nonce, { authTagLength: 8 });
  decipher.setAuthTag(ciphertext.subarray(length));
  decipher.setAAD(aad, { plaintextLength: length });
  const plaintext = decipher.update(ciphertext.subarray(0, length));
  decipher.final();
  return plaintext;
}
