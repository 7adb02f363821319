import { constants, createHash, publicEncrypt } from 'node:crypto';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import type { SealCrypto } from '#recipes/seal-crypto.ts';
import type { Entropy } from '#shared/entropy.ts';
import { publicKeyOf } from '#wire/verify-sign1.ts';

/** Bytes that follow from a seed: the same each time. */
export function countedEntropy(seed: string): Entropy {
  let count = 0;
  return {
    bytes(length) {
      count += 1;
      return new Uint8Array(createHash('shake256', { outputLength: length }).update(`${seed} ${count}`).digest());
    },
  };
}

/** Node's sealing, but that RSA-OAEP takes its seed from `entropy`. */
export function repeatableCrypto(entropy: Entropy): SealCrypto {
  return {
    ...nodeSealCrypto,
    async wrapKey(spki, key) {
      const publicKey = publicKeyOf(spki);
      const modulusBytes = (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
      const encoded = oaep(key, modulusBytes, entropy.bytes(20));
      return new Uint8Array(publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, encoded));
    },
  };
}

/** EME-OAEP with SHA-1 and an empty label (RFC 8017 §7.1.1). */
function oaep(message: Uint8Array, modulusBytes: number, seed: Uint8Array): Uint8Array {
  const block = new Uint8Array(modulusBytes - 21);
  block.set(createHash('sha1').digest());
  block[block.length - message.length - 1] = 1;
  block.set(message, block.length - message.length);
  xor(block, mgf1(seed, block.length));
  const masked = Uint8Array.from(seed);
  xor(masked, mgf1(block, 20));
  return Uint8Array.of(0, ...masked, ...block);
}

function mgf1(seed: Uint8Array, length: number): Uint8Array {
  const mask = new Uint8Array(length + 20);
  for (let counter = 0; counter * 20 < length; counter += 1) {
    mask.set(
      createHash('sha1')
        .update(seed)
        .update(Uint8Array.of(0, 0, 0, counter))
        .digest(),
      counter * 20,
    );
  }
  return mask.subarray(0, length);
}

function xor(into: Uint8Array, mask: Uint8Array): void {
  mask.forEach((byte, i) => {
    into[i] = (into[i] ?? 0) ^ byte;
  });
}
