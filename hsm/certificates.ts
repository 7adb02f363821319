import { createHash } from 'node:crypto';
import type { Entropy } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import {
  type AlternativeNames,
  authorityKeyIdentifier,
  basicConstraints,
  extensionOids,
  extKeyUsage,
  type KeyUsage,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
  type TextExtension,
  textExtension,
} from './certificate-extensions.ts';
import { algorithmIdentifier, type CertificateSigner, publicKeyBits, signed } from './certificate-signer.ts';
import {
  type Asn1,
  bytesOf,
  fromDer,
  integer,
  isTagged,
  itemsOf,
  oid,
  oidOf,
  sequence,
  set,
  tagged,
  time,
  utf8,
} from './der.ts';

/** Common name and, if given, organisation. */
export interface SubjectName {
  readonly CN: string;
  readonly O?: string;
}

export interface CertificateToIssue {
  readonly subject: SubjectName;
  /** SubjectPublicKeyInfo, DER, of any algorithm. */
  readonly spki: Uint8Array;
  /** The issuer's certificate, DER, or `self` for a root. */
  readonly issuer: Uint8Array | 'self';
  /** See `randomSerial`. */
  readonly serial: Uint8Array;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly ca: boolean;
  /** How many CAs may follow below this one; only with `ca`. */
  readonly pathLen?: number;
  readonly keyUsage: readonly KeyUsage[];
  readonly extKeyUsageOids?: readonly string[];
  readonly subjectAltNames?: AlternativeNames;
  readonly customExtensions?: readonly TextExtension[];
}

/** Extended key usages of TLS (RFC 5280 §4.2.1.12). */
export const tlsServerOid = '1.3.6.1.5.5.7.3.1';
export const tlsClientOid = '1.3.6.1.5.5.7.3.2';

/** A serial number: 16 random bytes, positive and of full length (RFC 5280 §4.1.2.2 allows 20). */
export function randomSerial(entropy: Entropy): Uint8Array {
  const serial = entropy.bytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

/**
 * An X.509 v3 certificate, DER (RFC 5280), signed by whoever holds the issuer's key.
 * @throws Failure `message/malformed` when the public key, the issuer or a name is none
 */
export async function issueCertificate(
  certificate: CertificateToIssue,
  signer: CertificateSigner,
): Promise<Uint8Array> {
  return signed(toBeSigned(certificate, signer), signer);
}

function toBeSigned(certificate: CertificateToIssue, signer: CertificateSigner): Asn1 {
  const subject = encodeName(certificate.subject);
  const subjectKeyId = parsing('public key', () => keyIdentifier(certificate.spki));
  const { issuer } = certificate;
  const [issuerName, issuerKeyId] =
    issuer === 'self' ? [subject, subjectKeyId] : parsing('issuer', () => [subjectOf(issuer), keyIdOf(issuer)]);
  return sequence(
    tagged(0, [integer(Uint8Array.of(2))]),
    integer(certificate.serial),
    algorithmIdentifier(signer.algorithm),
    issuerName,
    sequence(time(certificate.notBefore), time(certificate.notAfter)),
    subject,
    fromDer(certificate.spki),
    tagged(3, [sequence(...extensions(certificate, subjectKeyId, issuerKeyId))]),
  );
}

function extensions(certificate: CertificateToIssue, subjectKeyId: Uint8Array, issuerKeyId: Uint8Array): Asn1[] {
  const { ca, pathLen, extKeyUsageOids = [], subjectAltNames = {}, customExtensions = [] } = certificate;
  const named = Object.values(subjectAltNames).some((names: readonly string[] | undefined) => names?.length);
  return [
    basicConstraints(ca, pathLen),
    keyUsage(certificate.keyUsage),
    ...(extKeyUsageOids.length > 0 ? [extKeyUsage(extKeyUsageOids)] : []),
    ...(named ? [subjectAltName(subjectAltNames)] : []),
    subjectKeyIdentifier(subjectKeyId),
    authorityKeyIdentifier(issuerKeyId),
    ...customExtensions.map(textExtension),
  ];
}

/** A distinguished name of UTF8Strings. */
export function encodeName(name: SubjectName): Asn1 {
  const part = (type: string, value: string): Asn1 => set(sequence(oid(type), utf8(value)));
  return sequence(...(name.O === undefined ? [] : [part(nameOids.O, name.O)]), part(nameOids.CN, name.CN));
}

/** Common name and organisation of a distinguished name. @throws Error when it is none, or has no common name */
export function decodeName(name: Asn1 | undefined): SubjectName {
  const parts = itemsOf(name).flatMap((part) => itemsOf(part).map(itemsOf));
  const valueOf = (type: string): string | undefined => {
    const found = parts.find(([key]) => oidOf(key) === type);
    return found && Buffer.from(bytesOf(found[1])).toString('utf8');
  };
  const [CN, O] = [valueOf(nameOids.CN), valueOf(nameOids.O)];
  if (CN === undefined) throw new Error('a name without CN');
  return O === undefined ? { CN } : { CN, O };
}

const nameOids = { CN: '2.5.4.3', O: '2.5.4.10' } as const;

/**
 * The text of an extension of our own (UTF8String under `type`), or null when the certificate has none.
 * @throws Failure `message/malformed` when `certificate` is none
 */
export function textExtensionOf(certificate: Uint8Array, type: string): string | null {
  return parsing('certificate', () => {
    const value = extensionValue(certificate, type);
    return value === null ? null : Buffer.from(bytesOf(fromDer(value))).toString('utf8');
  });
}

/** SHA-1 of the public key's bits (RFC 5280 §4.2.1.2, method 1). */
function keyIdentifier(spki: Uint8Array): Uint8Array {
  return createHash('sha1').update(publicKeyBits(spki)).digest();
}

function keyIdOf(certificate: Uint8Array): Uint8Array {
  const value = extensionValue(certificate, extensionOids.subjectKeyIdentifier);
  if (value === null) throw new Error('the issuer has no subject key identifier');
  return bytesOf(fromDer(value));
}

function subjectOf(certificate: Uint8Array): Asn1 {
  const subject = fieldsOf(certificate)[5];
  if (subject === undefined) throw new Error('no subject');
  return subject;
}

/** version, serial, algorithm, issuer, validity, subject, public key, extensions: all our certificates are v3. */
function fieldsOf(certificate: Uint8Array): readonly Asn1[] {
  return itemsOf(itemsOf(fromDer(certificate))[0]);
}

function extensionValue(certificate: Uint8Array, type: string): Uint8Array | null {
  const wrapper = fieldsOf(certificate).find((field) => isTagged(field, 3));
  const all = wrapper === undefined ? [] : itemsOf(itemsOf(wrapper)[0]).map(itemsOf);
  const found = all.find(([key]) => oidOf(key) === type);
  return found === undefined ? null : bytesOf(found.at(-1));
}

function parsing<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('message/malformed', { reason: what }, error);
  }
}
