import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { Failure } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';

/**
 * What a certificate's key may sign. Each is an extended key usage below 1.3.6.1.4.1.32473 (the arc that RFC 5612
 * keeps for documentation; a maker with a number of its own changes `roleArc`).
 */
export const roles = {
  author: 1,
  catalogue: 2,
  licensing: 3,
  machine: 4,
  maker: 5,
  'class-key': 6,
  deposit: 7,
} as const;

export type Role = keyof typeof roles;

const roleArc = '1.3.6.1.4.1.32473.1';

/** The extended key usage that stands for a role. */
export function roleOid(role: Role): string {
  return `${roleArc}.${roles[role]}`;
}

/** CA certificates, DER, pinned for each role at provisioning. */
export type TrustAnchors = Readonly<Partial<Record<Role, readonly Uint8Array[]>>>;

export interface TrustedParty {
  readonly role: Role;
  /** Common name of the leaf. */
  readonly name: string;
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/**
 * The party that a chain (leaf first, at most 3 certificates) speaks for, when it leads to an anchor of `role`, every
 * certificate is valid at `at`, and the leaf carries the role.
 * @throws Failure `message/not-authentic`
 */
export function verifyChain(
  chain: readonly Uint8Array[],
  role: Role,
  anchors: TrustAnchors,
  at: Instant,
): TrustedParty {
  const [leaf, ...issuers] = chain.map(parseCertificate);
  if (leaf === undefined || chain.length > 3) throw notAuthentic('no chain, or one too long');
  if (leaf.ca) throw notAuthentic('a CA signs no messages');
  if (!(leaf.keyUsage ?? []).includes(roleOid(role))) throw notAuthentic(`not a certificate for ${role}`);
  let current = leaf;
  for (const issuer of issuers) {
    requireIssued(current, issuer, at);
    current = issuer;
  }
  const anchor = (anchors[role] ?? [])
    .map(parseCertificate)
    // two roots of one name stand side by side while one is exchanged
    .find((ca) => current.checkIssued(ca) && current.verify(ca.publicKey));
  if (anchor === undefined) throw notAuthentic(`no pinned CA for ${role} issued it`);
  requireIssued(current, anchor, at);
  return { role, name: commonName(leaf), key: leaf.publicKey, certificate: leaf };
}

/** @throws Failure `message/malformed` unless `der` is one X.509 certificate. */
export function parseCertificate(der: Uint8Array): X509Certificate {
  try {
    const certificate = new X509Certificate(der);
    if (certificate.raw.length !== der.length) throw new Error('trailing bytes');
    return certificate;
  } catch (error) {
    throw new Failure('message/malformed', { reason: 'not a certificate' }, error);
  }
}

/** The common name of the subject; empty when it has none. Control characters stay escaped as `\0A` (RFC 2253 §2.4). */
export function commonName(certificate: X509Certificate): string {
  const escaped = /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? '';
  return escaped.replaceAll(/\\([^0-9A-F])/g, '$1');
}

/** The URIs among the subject's alternative names. */
export function uriNames(certificate: X509Certificate): string[] {
  return [...(certificate.subjectAltName ?? '').matchAll(/URI:([^,]+)/g)].map((found) => found[1] ?? '');
}

/** What the CA put into a machine's certificate about its token. */
export interface MachineClaims {
  readonly tokenClass: 'soft' | 'tpm' | 'hsm';
  readonly profile: 'H' | 'S';
}

/** The URI name of a machine certificate that carries its claims. */
export function machineUri(machine: string, claims: MachineClaims): string {
  return `urn:decant:machine:${machine}?token=${claims.tokenClass}&profile=${claims.profile}`;
}

/** The claims in a machine's certificate; @throws Failure `message/not-authentic` when there are none. */
export function machineClaims(certificate: X509Certificate): MachineClaims {
  for (const uri of uriNames(certificate)) {
    const found = /^urn:decant:machine:[^?]+\?token=(soft|tpm|hsm)&profile=([HS])$/.exec(uri);
    if (found) return { tokenClass: found[1] as 'soft' | 'tpm' | 'hsm', profile: found[2] as 'H' | 'S' };
  }
  throw notAuthentic('a machine certificate without token class and profile');
}

/** DER SubjectPublicKeyInfo of a certificate or of any public key in PEM. */
export function spkiOf(key: KeyObject | string): Uint8Array {
  const object = typeof key === 'string' ? createPublicKey(key) : key;
  return new Uint8Array(object.export({ format: 'der', type: 'spki' }));
}

function requireIssued(certificate: X509Certificate, issuer: X509Certificate, at: Instant): void {
  if (!issuer.ca || !certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
    throw notAuthentic('the chain is broken');
  }
  for (const { validFromDate, validToDate } of [certificate, issuer]) {
    if (at < validFromDate.getTime() || at > validToDate.getTime()) throw notAuthentic('a certificate is out of date');
  }
}

function notAuthentic(reason: string): Failure {
  return new Failure('message/not-authentic', { reason });
}
