import { Tagged } from 'cborg';
import { Failure } from '#shared/failure.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';

/** COSE_Sign1 (RFC 9052 §4.2) with the two algorithms that the profile knows; a page can make one as well (see `verify-sign1.ts`). */
export type SignatureAlgorithm = 'ES256' | 'PS256';

/** IANA COSE algorithm identifiers. */
const algorithmIds: Record<SignatureAlgorithm, number> = { ES256: -7, PS256: -37 };
const header = { alg: 1, crit: 2, contentType: 3, kid: 4, x5chain: 33 } as const;

/** Signs bytes with a key that may live in a token. ES256 answers r‖s. */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  /** DER certificates, the signer's first; empty only in tests. */
  readonly chain: readonly Uint8Array[];
  sign(message: Uint8Array): Promise<Uint8Array>;
}

export interface Sign1 {
  readonly algorithm: SignatureAlgorithm;
  /** Content type of the protected header; empty when absent. */
  readonly type: string;
  readonly chain: readonly Uint8Array[];
  readonly payload: Uint8Array;
  readonly protectedHeader: Uint8Array;
  readonly signature: Uint8Array;
}

const none = new Uint8Array(0);

/** A tagged COSE_Sign1 of `payload`, with content type and certificate chain in the protected header. */
export async function encodeSign1(
  type: string,
  payload: Uint8Array,
  signer: Signer,
  externalAad: Uint8Array = none,
): Promise<Uint8Array> {
  const headers = new Map<number, unknown>([
    [header.alg, algorithmIds[signer.algorithm]],
    [header.contentType, type],
  ]);
  const [first, ...rest] = signer.chain;
  if (first !== undefined) headers.set(header.x5chain, rest.length === 0 ? first : signer.chain);
  const protectedHeader = encodeCbor(headers);
  const signature = await signer.sign(toBeSigned(protectedHeader, externalAad, payload));
  return encodeCbor(new Tagged(18, [protectedHeader, new Map(), payload, signature]));
}

/**
 * The parts of a tagged COSE_Sign1, nothing verified yet.
 * @throws Failure `message/malformed`, `message/too-large`
 */
export function decodeSign1(bytes: Uint8Array, maxBytes: number): Sign1 {
  const item = decodeCbor(bytes, maxBytes);
  if (!(item instanceof Tagged) || item.tag !== 18 || !Array.isArray(item.value) || item.value.length !== 4) {
    throw new Failure('message/malformed', { reason: 'not a COSE_Sign1' });
  }
  const [protectedHeader, unprotected, payload, signature] = item.value as unknown[];
  if (!isBytes(protectedHeader) || !isBytes(payload) || !isBytes(signature) || !isEmptyMap(unprotected)) {
    throw new Failure('message/malformed', { reason: 'not the parts of a COSE_Sign1' });
  }
  return { ...readProtected(protectedHeader, maxBytes), payload, protectedHeader, signature };
}

function readProtected(bytes: Uint8Array, maxBytes: number): Pick<Sign1, 'algorithm' | 'type' | 'chain'> {
  const headers = decodeCbor(bytes, maxBytes);
  if (!(headers instanceof Map)) throw new Failure('message/malformed', { reason: 'no protected header' });
  const known: unknown[] = [header.alg, header.contentType, header.x5chain];
  for (const key of headers.keys()) {
    if (!known.includes(key))
      throw new Failure('message/malformed', { reason: `header ${String(key)} not understood` });
  }
  const algorithm = algorithmOf(headers.get(header.alg));
  const type: unknown = headers.get(header.contentType) ?? '';
  const x5chain: unknown = headers.get(header.x5chain) ?? [];
  const chain: unknown[] = Array.isArray(x5chain) ? x5chain : [x5chain];
  if (algorithm === null || typeof type !== 'string' || !chain.every(isBytes) || chain.length > 4) {
    throw new Failure('message/malformed', { reason: 'protected header not understood' });
  }
  return { algorithm, type, chain };
}

/** The Sig_structure of RFC 9052 §4.4; an empty protected map is hashed as an empty byte string. */
export function toBeSigned(protectedHeader: Uint8Array, externalAad: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', protectedHeader, externalAad, payload]);
}

function algorithmOf(id: unknown): SignatureAlgorithm | null {
  if (id === algorithmIds.ES256) return 'ES256';
  return id === algorithmIds.PS256 ? 'PS256' : null;
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
/** An empty CBOR map: `decodeCbor` makes a plain object of it (of one with labels a `Map`, which has no keys either). */
const isEmptyMap = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.getPrototypeOf(value) === Object.prototype &&
  Object.keys(value).length === 0;
