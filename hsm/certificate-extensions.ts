import { Failure } from '#shared/failure.ts';
import { type Asn1, bits, bool, integer, octets, oid, sequence, tagged, toDer, utf8 } from './der.ts';

/** Bits of the key usage extension (RFC 5280 §4.2.1.3), in their order. */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
] as const;
export type KeyUsage = (typeof keyUsages)[number];

/** Names in subjectAltName. */
export interface AlternativeNames {
  readonly dns?: readonly string[];
  /** IPv4 dotted, IPv6 with colons. */
  readonly ip?: readonly string[];
  readonly uri?: readonly string[];
}

/** An extension of our own: text under a private OID, not critical. */
export interface TextExtension {
  readonly oid: string;
  readonly text: string;
}

export const extensionOids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const;

export function basicConstraints(ca: boolean, pathLength?: number): Asn1 {
  const limit = pathLength === undefined ? [] : [integer(Uint8Array.of(pathLength))];
  return extension(extensionOids.basicConstraints, true, ca ? sequence(bool(true), ...limit) : sequence());
}

export function keyUsage(usages: readonly KeyUsage[]): Asn1 {
  const positions = usages.map((usage) => keyUsages.indexOf(usage));
  const byte = positions.reduce((all, position) => all | (0x80 >> position), 0);
  // a named bit list ends at its last 1 (X.690 §11.2.2)
  return extension(extensionOids.keyUsage, true, bits(Uint8Array.of(byte), 7 - Math.max(...positions)));
}

export function extKeyUsage(oids: readonly string[]): Asn1 {
  return extension(extensionOids.extKeyUsage, false, sequence(...oids.map(oid)));
}

export function subjectKeyIdentifier(identifier: Uint8Array): Asn1 {
  return extension(extensionOids.subjectKeyIdentifier, false, octets(identifier));
}

export function authorityKeyIdentifier(identifier: Uint8Array): Asn1 {
  return extension(extensionOids.authorityKeyIdentifier, false, sequence(tagged(0, identifier)));
}

export function textExtension(own: TextExtension): Asn1 {
  return extension(own.oid, false, utf8(own.text));
}

/** @throws Failure `message/malformed` for an address that is none or a name that is not ASCII */
export function subjectAltName(names: AlternativeNames): Asn1 {
  return extension(
    extensionOids.subjectAltName,
    false,
    sequence(
      ...(names.dns ?? []).map((name) => tagged(2, ascii(name))),
      ...(names.uri ?? []).map((uri) => tagged(6, ascii(uri))),
      ...(names.ip ?? []).map((address) => tagged(7, addressBytes(address))),
    ),
  );
}

function extension(type: string, critical: boolean, value: Asn1): Asn1 {
  return sequence(oid(type), ...(critical ? [bool(true)] : []), octets(toDer(value)));
}

function ascii(text: string): Uint8Array {
  // a comma would let one name pass for two where names are read as text
  if (!/^[\x21-\x2b\x2d-\x7e]+$/.test(text)) throw new Failure('message/malformed', { reason: 'alternative name' });
  return Buffer.from(text, 'latin1');
}

function addressBytes(address: string): Uint8Array {
  return ipv4(address) ?? ipv6(address);
}

function ipv4(address: string): Uint8Array | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  return parts?.every((part) => part < 256) ? Uint8Array.from(parts) : null;
}

function ipv6(address: string): Uint8Array {
  const [head = [], tail = [], ...more] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const missing = 8 - head.length - tail.length;
  const groups = [...head, ...Array<string>(Math.max(0, missing)).fill('0'), ...tail];
  const gap = address.includes('::');
  const wrong = more.length > 0 || groups.length !== 8 || (!gap && missing > 0) || !address.includes(':');
  if (wrong || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) {
    throw new Failure('message/malformed', { reason: 'address' });
  }
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}
