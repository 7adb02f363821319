import { hex } from '#shared/entropy.ts';
import { decodeCbor, skipItem } from '#wire/cbor.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import { messages } from '#wire/messages.ts';

/** What may differ between two runs that pour different amounts: bytes that are random to whoever lacks a key. */
export type Opaque = 'hash' | 'ciphertext';

/**
 * The fields that are such bytes, by their name in schemas, tables and records. None of them is a number or a time; that each is
 * bytes of a bounded length in the schemas is tested. Their lengths are compared.
 */
export const opaqueFields: Readonly<Record<string, Opaque>> = {
  manifest: 'hash',
  digest: 'hash',
  batch_digest: 'hash',
  previous: 'hash',
  offer: 'hash',
  order: 'hash',
  replaces: 'hash',
  request: 'hash',
  usage: 'hash',
  release: 'hash',
  head: 'hash',
  links: 'hash',
  spooled: 'hash',
  body_sha256: 'hash',
  content_key: 'ciphertext',
  key: 'ciphertext',
  bytes: 'ciphertext',
  sealed: 'ciphertext',
};

type Plain = string | number | boolean | null | readonly Plain[] | { readonly [field: string]: Plain };

/** `value` with its opaque fields replaced by their kind and length, signed messages looked into, everything else as it is. */
export function masked(value: unknown, field = ''): Plain {
  if (value instanceof Uint8Array) return maskedBytes(value, field);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return maskedText(value, field);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((one) => masked(one, field));
  if (value instanceof Map) return masked(Object.fromEntries(value), field);
  if (typeof value !== 'object') return `a ${typeof value}`;
  const fields = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(fields.map(([name, one]) => [name, masked(one, name)]));
}

function maskedBytes(bytes: Uint8Array, field: string): Plain {
  return (
    signedMessage(bytes) ?? sealedRecipe(bytes) ?? listOfMessages(bytes) ?? opaque(bytes.length, field) ?? hex(bytes)
  );
}

/** Hashes in hexadecimal and messages in base64url, as desk's records and the REST interface have them. */
function maskedText(text: string, field: string): Plain {
  if (/^[0-9a-f]{64}$/.test(text)) return opaque(32, field) ?? text;
  if (text.length > 200 && /^[\w-]+=*$|^[A-Za-z0-9+/]+=*$/.test(text)) {
    const message = signedMessage(new Uint8Array(Buffer.from(text, 'base64url')));
    if (message !== null) return message;
  }
  if (text.startsWith('{')) return masked(JSON.parse(text), field);
  return text;
}

function opaque(length: number, field: string): string | null {
  const kind = opaqueFields[field];
  // a 16-byte `offer` or `order` is an id; only digests have 32 bytes
  if (kind === undefined || (kind === 'hash' && length !== 32)) return null;
  return `<${kind} of ${length} bytes>`;
}

/** A COSE_Sign1 of a known type: its payload field by field, its signature by its length. */
function signedMessage(bytes: Uint8Array): Plain | null {
  if (bytes.length < 100) return null;
  try {
    const { type, payload, signature } = decodeSign1(bytes, 1 << 20);
    const name = Object.keys(messages).find((one) => type.includes(one.toLowerCase().replaceAll('_', '-'))) ?? type;
    const fields = masked(decodeCbor(payload, 1 << 20), name);
    return { type, length: bytes.length, payload: fields, signature: `<signature of ${signature.length} bytes>` };
  } catch {
    return null;
  }
}

/** Manifest and pieces: the first is signed in the clear, the others are opaque. */
function sealedRecipe(bytes: Uint8Array): Plain | null {
  try {
    const manifest = skipItem(bytes, 0);
    const signed = manifest < bytes.length ? signedMessage(bytes.subarray(0, manifest)) : null;
    return signed === null ? null : { manifest: signed, pieces: `<ciphertext of ${bytes.length - manifest} bytes>` };
  } catch {
    return null;
  }
}

function listOfMessages(bytes: Uint8Array): Plain | null {
  if (bytes.length === 0 || (bytes[0] ?? 0) >> 5 !== 4) return null;
  try {
    const list = decodeCbor(bytes, 1 << 20);
    return Array.isArray(list) && list.every((one) => one instanceof Uint8Array) ? masked(list) : null;
  } catch {
    return null;
  }
}
