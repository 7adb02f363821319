import { decode, encode, rfc8949EncodeOptions, Tagged } from 'cborg';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';

/** Limits that are checked on the heads of a CBOR item before memory is allocated for it. */
export interface CborLimits {
  readonly maxBytes: number;
  readonly maxDepth: number;
}

const defaultDepth = 8;
const knownTags = Tagged.preserve(16, 18, 96, 97, 98);

/** Deterministic CBOR (RFC 8949 §4.2) of numbers, bigints, strings, bytes, booleans, null, arrays, objects, maps, tags. */
export function encodeCbor(value: unknown): Uint8Array {
  return encode(value, rfc8949EncodeOptions);
}

/**
 * The value of one deterministic CBOR item: maps with text keys become plain objects, others stay `Map`s.
 * Floats, indefinite lengths, duplicate or unsorted keys, unknown tags, trailing bytes and anything above the limits are
 * refused with `message/malformed` or `message/too-large`.
 */
export function decodeCbor(bytes: Uint8Array, maxBytes: number, maxDepth = defaultDepth): unknown {
  if (bytes.length > maxBytes) throw new Failure('message/too-large', { bytes: bytes.length, limit: maxBytes });
  const end = skipItem(bytes, 0, maxDepth);
  if (end !== bytes.length) throw malformed('trailing bytes');
  const value = decodeStrict(bytes);
  if (!sameBytes(encodedAgain(value), bytes)) throw malformed('not deterministic');
  return plain(value);
}

/**
 * The end offset of the CBOR item that starts at `start`, found from heads alone: nothing is allocated.
 * @throws Failure `message/malformed` for floats, indefinite lengths, reserved heads, too deep nesting, or an item that
 * reaches beyond the bytes.
 */
export function skipItem(bytes: Uint8Array, start: number, maxDepth = defaultDepth): number {
  if (maxDepth < 0) throw malformed('nested too deep');
  const { major, argument, next } = readHead(bytes, start);
  switch (major) {
    case 0:
    case 1:
      return next;
    case 2:
    case 3: {
      if (argument > bytes.length - next) throw malformed('string reaches beyond the end');
      return next + argument;
    }
    case 4:
    case 5: {
      const items = major === 4 ? argument : argument * 2;
      if (items > bytes.length - next) throw malformed('more items than bytes');
      let at = next;
      for (let i = 0; i < items; i += 1) at = skipItem(bytes, at, maxDepth - 1);
      return at;
    }
    case 6:
      return skipItem(bytes, next, maxDepth - 1);
    default:
      return next;
  }
}

function readHead(bytes: Uint8Array, start: number): { major: number; argument: number; next: number } {
  const first = bytes[start];
  if (first === undefined) throw malformed('ends too early');
  const major = first >> 5;
  const info = first & 0x1f;
  if (major === 7 && !(info >= 20 && info <= 22)) throw malformed('float or simple value');
  if (info < 24) return { major, argument: info, next: start + 1 };
  if (info > 27) throw malformed('indefinite length or reserved head');
  const width = 1 << (info - 24);
  if (start + 1 + width > bytes.length) throw malformed('ends too early');
  let argument = 0;
  for (let i = 1; i <= width; i += 1) argument = argument * 256 + (bytes[start + i] ?? 0);
  return { major, argument, next: start + 1 + width };
}

function decodeStrict(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      rejectDuplicateMapKeys: true,
      useMaps: true,
      tags: knownTags,
    });
  } catch (error) {
    throw malformed('not strict CBOR', error);
  }
}

/** An array or a map as a key can be read, and beside another key not written. */
function encodedAgain(value: unknown): Uint8Array {
  try {
    return encode(value, { ...rfc8949EncodeOptions });
  } catch (error) {
    throw malformed('a key that is none', error);
  }
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Tagged) return new Tagged(value.tag, plain(value.value));
  if (!(value instanceof Map)) return value;
  const entries = [...value].map(([key, item]) => [plainKey(key), plain(item)] as const);
  return entries.every(([key]) => typeof key === 'string')
    ? Object.fromEntries(entries as [string, unknown][])
    : new Map(entries);
}

function plainKey(key: unknown): unknown {
  if (typeof key === 'object') throw malformed('a key that is none');
  return key;
}

function malformed(reason: string, cause?: unknown): Failure {
  return new Failure('message/malformed', { reason }, cause);
}
