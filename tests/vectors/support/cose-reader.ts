import { decode, Tagged } from 'cborg';
import { encodeCbor } from '#wire/cbor.ts';

/** A COSE message or recipient or signer: its headers, and the items behind them. */
export interface CoseItem {
  /** As hashed: empty when the protected map is. */
  readonly protectedHeader: Uint8Array;
  /** Label `alg` of either header. */
  readonly alg: number;
  readonly header: (label: number) => unknown;
  readonly rest: readonly unknown[];
}

const tags = { Encrypt0: 16, Mac0: 17, Sign1: 18, Encrypt: 96, Sign: 98 } as const;
export type CoseKind = keyof typeof tags;

const claimSet = 61;

/** Any COSE message of `kind`, tagged or not (RFC 9052 §2); @throws Error for another tag or form. */
export function readCose(kind: CoseKind, bytes: Uint8Array): CoseItem {
  const options = { useMaps: true, strict: true, tags: Tagged.preserve(...Object.values(tags), claimSet) };
  let item: unknown = decode(bytes, options);
  if (item instanceof Tagged && item.tag === claimSet) item = item.value;
  if (!(item instanceof Tagged)) return readItem(item);
  if (item.tag !== tags[kind]) throw new Error(`tag ${item.tag} is not that of ${kind}`);
  return readItem(item.value);
}

/** One array of protected header, unprotected header, and more. */
export function readItem(item: unknown): CoseItem {
  const [rawProtected, unprotected, ...rest] = item as [unknown, unknown, ...unknown[]];
  if (!(rawProtected instanceof Uint8Array) || !(unprotected instanceof Map)) throw new Error('not a COSE item');
  const protectedMap: unknown = rawProtected.length === 0 ? new Map() : decode(rawProtected, { useMaps: true });
  if (!(protectedMap instanceof Map)) throw new Error('protected header is no map');
  const header = (label: number): unknown => protectedMap.get(label) ?? unprotected.get(label);
  const protectedHeader = protectedMap.size === 0 ? new Uint8Array() : rawProtected;
  return { protectedHeader, alg: Number(header(1)), header, rest };
}

/** Sig_structure and MAC_structure of messages that Decant has none of (RFC 9052 §4.4, §6.3). */
export function structure(context: 'Signature' | 'MAC0', ...parts: Uint8Array[]): Uint8Array {
  return encodeCbor([context, ...parts]);
}

export function asBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Error('not a byte string');
  return value;
}
