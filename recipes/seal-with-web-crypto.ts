import { Failure } from '#shared/failure.ts';
import type { SealCrypto } from './seal-crypto.ts';

/** Sealing by Web Crypto: a page's `crypto.subtle`, or Node's. Its files are those that Node's own cryptography makes. */
export function sealWithWebCrypto(subtle: SubtleCrypto): SealCrypto {
  const imported = new WeakMap<Uint8Array, Promise<CryptoKey>>();
  const keyOf = (key: Uint8Array): Promise<CryptoKey> => {
    const known = imported.get(key) ?? subtle.importKey('raw', plain(key), 'AES-GCM', false, ['encrypt']);
    imported.set(key, known);
    return known;
  };
  return {
    async sha256(bytes) {
      return new Uint8Array(await subtle.digest('SHA-256', plain(bytes)));
    },
    async encrypt(key, nonce, aad, plaintext) {
      const algorithm = { name: 'AES-GCM', iv: plain(nonce), additionalData: plain(aad), tagLength: 128 };
      return new Uint8Array(await subtle.encrypt(algorithm, await keyOf(key), plain(plaintext)));
    },
    async wrapKey(spki, key) {
      const publicKey = await rsaKey(subtle, spki);
      return new Uint8Array(await subtle.encrypt('RSA-OAEP', publicKey, plain(key)));
    },
  };
}

async function rsaKey(subtle: SubtleCrypto, spki: Uint8Array): Promise<CryptoKey> {
  const missing = (cause?: unknown): Failure =>
    new Failure('token/mechanism-missing', { mechanism: 'RSA-OAEP' }, cause);
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-1' };
  const key = await subtle.importKey('spki', plain(spki), algorithm, false, ['encrypt']).catch((error: unknown) => {
    throw missing(error);
  });
  if ((key.algorithm as RsaKeyAlgorithm).modulusLength < 2048) throw missing();
  return key;
}

/** The same bytes: Web Crypto takes none that other threads could change meanwhile, and ours are not shared. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
