import forge from 'node-forge';
import type { Instant } from '#shared/units.ts';

/** ASN.1 in DER through node-forge, whose values are strings of one character per byte. */
export type Asn1 = forge.asn1.Asn1;

const { Class, Type } = forge.asn1;

/** Character per byte, as node-forge wants it. */
const characters = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const primitive = (type: forge.asn1.Type, value: string): Asn1 =>
  forge.asn1.create(Class.UNIVERSAL, type, false, value);

export const sequence = (...items: readonly Asn1[]): Asn1 =>
  forge.asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...items]);
export const set = (...items: readonly Asn1[]): Asn1 => forge.asn1.create(Class.UNIVERSAL, Type.SET, true, [...items]);
export const oid = (dotted: string): Asn1 => primitive(Type.OID, forge.asn1.oidToDer(dotted).getBytes());
export const nothing = (): Asn1 => primitive(Type.NULL, '');
export const bool = (value: boolean): Asn1 => primitive(Type.BOOLEAN, value ? '\xff' : '\0');
export const utf8 = (text: string): Asn1 => primitive(Type.UTF8, characters(Buffer.from(text, 'utf8')));
export const octets = (bytes: Uint8Array): Asn1 => primitive(Type.OCTETSTRING, characters(bytes));
/** A BIT STRING of whole bytes, or with unused bits at the end. */
export const bits = (bytes: Uint8Array, unused = 0): Asn1 =>
  primitive(Type.BITSTRING, String.fromCharCode(unused) + characters(bytes));

/** A positive INTEGER from big-endian bytes of any length. */
export function integer(bytes: Uint8Array): Asn1 {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = characters(bytes.subarray(start));
  return primitive(Type.INTEGER, (bytes[start] ?? 0) >= 0x80 ? `\0${digits}` : digits || '\0');
}

/** `[tag]` around items (constructed), or `[tag] IMPLICIT` over raw bytes (primitive). */
export function tagged(tag: number, content: readonly Asn1[] | Uint8Array): Asn1 {
  return content instanceof Uint8Array
    ? forge.asn1.create(Class.CONTEXT_SPECIFIC, tag, false, characters(content))
    : forge.asn1.create(Class.CONTEXT_SPECIFIC, tag, true, [...content]);
}

/** Time of a certificate: UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5); milliseconds are cut off. */
export function time(at: Instant): Asn1 {
  const digits = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '');
  return digits < '2050' ? primitive(Type.UTCTIME, digits.slice(2)) : primitive(Type.GENERALIZEDTIME, digits);
}

export function toDer(item: Asn1): Uint8Array {
  return new Uint8Array(Buffer.from(forge.asn1.toDer(item).getBytes(), 'latin1'));
}

/** One DER item that fills `der`; bit strings stay bytes. @throws Error for anything else */
export function fromDer(der: Uint8Array): Asn1 {
  const options = { strict: true, parseAllBytes: true, decodeBitStrings: false };
  // the published types lack this form of the second argument
  return (forge.asn1.fromDer as unknown as (bytes: string, options: object) => Asn1)(characters(der), options);
}

/** The items of a constructed value. @throws Error when it is primitive */
export function itemsOf(item: Asn1 | undefined): readonly Asn1[] {
  if (!Array.isArray(item?.value)) throw new Error('ASN.1: a constructed value is missing');
  return item.value;
}

/** The bytes of a primitive value. @throws Error when it is constructed */
export function bytesOf(item: Asn1 | undefined): Uint8Array {
  if (typeof item?.value !== 'string') throw new Error('ASN.1: a primitive value is missing');
  return new Uint8Array(Buffer.from(item.value, 'latin1'));
}

/** Dotted text of an OBJECT IDENTIFIER. @throws Error when it is none */
export function oidOf(item: Asn1 | undefined): string {
  if (item?.type !== Type.OID || typeof item.value !== 'string') throw new Error('ASN.1: an OID is missing');
  return forge.asn1.derToOid(item.value);
}

/** Whether the item is `[tag]`. */
export function isTagged(item: Asn1 | undefined, tag: number): boolean {
  return item?.tagClass === Class.CONTEXT_SPECIFIC && (item.type as number) === tag;
}
