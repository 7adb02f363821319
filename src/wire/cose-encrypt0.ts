import { Tagged } from 'cborg';
import { Failure } from '#shared/failure.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';

/** AES-GCM with a 16-byte tag (RFC 9053 §4.1). Sealed recipes use A256GCM only. */
export type ContentAlgorithm = 'A128GCM' | 'A192GCM' | 'A256GCM';

/** IANA COSE algorithm identifiers, and the length of a key. */
export const contentAlgorithms: Readonly<Record<ContentAlgorithm, { readonly id: number; readonly keyBytes: number }>> =
  {
    A128GCM: { id: 1, keyBytes: 16 },
    A192GCM: { id: 2, keyBytes: 24 },
    A256GCM: { id: 3, keyBytes: 32 },
  };

export const gcmTagBytes = 16;
export const gcmNonceBytes = 12;

const header = { alg: 1, partialIv: 6 } as const;

/** A COSE_Encrypt0 (RFC 9052 §5.2) of the profile: algorithm protected, Partial IV unprotected, nothing else. */
export interface Encrypt0 {
  readonly algorithm: ContentAlgorithm;
  readonly partialIv: Uint8Array;
  /** With the tag at its end. */
  readonly ciphertext: Uint8Array;
}

/** The encoded protected header `{1: alg}`. */
export function contentHeader(algorithm: ContentAlgorithm): Uint8Array {
  return encodeCbor(new Map([[header.alg, contentAlgorithms[algorithm].id]]));
}

/**
 * Everything of a tagged COSE_Encrypt0 that stands before a ciphertext of `ciphertextBytes` (tag included). Because the
 * encoding is deterministic, a reader who knows the algorithm and the Partial IV compares instead of parsing.
 */
export function encrypt0Head(algorithm: ContentAlgorithm, partialIv: Uint8Array, ciphertextBytes: number): Uint8Array {
  const whole = encodeEncrypt0({ algorithm, partialIv, ciphertext: new Uint8Array(ciphertextBytes) });
  return whole.subarray(0, whole.length - ciphertextBytes);
}

/** The tagged COSE_Encrypt0, deterministic. */
export function encodeEncrypt0({ algorithm, partialIv, ciphertext }: Encrypt0): Uint8Array {
  return encodeCbor(new Tagged(16, [contentHeader(algorithm), new Map([[header.partialIv, partialIv]]), ciphertext]));
}

/**
 * The parts of a tagged COSE_Encrypt0, nothing decrypted.
 * @throws Failure `message/malformed`, `message/too-large`
 */
export function decodeEncrypt0(bytes: Uint8Array, maxBytes: number): Encrypt0 {
  const item = decodeCbor(bytes, maxBytes);
  if (!(item instanceof Tagged) || item.tag !== 16 || !Array.isArray(item.value) || item.value.length !== 3) {
    throw malformed('not a COSE_Encrypt0');
  }
  const [protectedHeader, unprotected, ciphertext] = item.value as unknown[];
  if (!isBytes(protectedHeader) || !isBytes(ciphertext)) throw malformed('not the parts of a COSE_Encrypt0');
  if (ciphertext.length < gcmTagBytes) throw malformed('a ciphertext without its tag');
  const alg = onlyEntry(decodeCbor(protectedHeader, maxBytes), header.alg);
  const partialIv = onlyEntry(unprotected, header.partialIv);
  const algorithm = algorithmOf(alg);
  if (algorithm === null || !isBytes(partialIv) || partialIv.length > gcmNonceBytes) {
    throw malformed('headers not understood');
  }
  return { algorithm, partialIv, ciphertext };
}

/** The Enc_structure of RFC 9052 §5.3, which is the AEAD's associated data. An empty protected map is an empty byte string. */
export function encStructure(
  context: 'Encrypt0' | 'Encrypt' | 'Enc_Recipient',
  protectedHeader: Uint8Array,
  externalAad: Uint8Array,
): Uint8Array {
  return encodeCbor([context, protectedHeader, externalAad]);
}

/** The nonce: base IV XOR the Partial IV padded with zeros on its left (RFC 9052 §3.1). */
export function nonceFrom(baseIv: Uint8Array, partialIv: Uint8Array): Uint8Array {
  if (baseIv.length !== gcmNonceBytes || partialIv.length > gcmNonceBytes) throw malformed('an IV of the wrong length');
  const nonce = Uint8Array.from(baseIv);
  const shift = gcmNonceBytes - partialIv.length;
  partialIv.forEach((byte, i) => {
    nonce[shift + i] = (nonce[shift + i] ?? 0) ^ byte;
  });
  return nonce;
}

function onlyEntry(map: unknown, key: number): unknown {
  return map instanceof Map && map.size === 1 ? map.get(key) : undefined;
}

function algorithmOf(id: unknown): ContentAlgorithm | null {
  const names: ContentAlgorithm[] = ['A128GCM', 'A192GCM', 'A256GCM'];
  return names.find((name) => contentAlgorithms[name].id === id) ?? null;
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

function malformed(reason: string): Failure {
  return new Failure('message/malformed', { reason });
}
