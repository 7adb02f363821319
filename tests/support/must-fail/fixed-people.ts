import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { issueCertificate, randomSerial } from '#hsm/certificates.ts';
import { classKeyUri } from '#recipes/class-key.ts';
import { instant } from '#shared/units.ts';
import { type Role, roleOid, spkiOf, type TrustAnchors } from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import { countedEntropy } from './repeatable-crypto.ts';
import { type RepeatableKey, repeatableKey } from './repeatable-ecdsa.ts';

/** The day at which the files are judged. */
export const judgedAt = instant(Date.UTC(2025, 5, 1));
const valid = { notBefore: instant(Date.UTC(2025, 0, 1)), notAfter: instant(Date.UTC(2035, 0, 1)) };
const over = { notBefore: instant(Date.UTC(2024, 0, 1)), notAfter: instant(Date.UTC(2025, 0, 1)) };

/** An RSA key of which everybody knows the private half: RSA keys do not follow from a name in reasonable time. */
const classPrivateKey = createPrivateKey(readFileSync(new URL('class-key.pem', import.meta.url)));

interface Ca {
  readonly certificate: Uint8Array;
  readonly key: RepeatableKey;
}

/** Everybody who stands in the must-fail files, the same each time. */
export interface FixedPeople {
  readonly author: Signer;
  readonly classKey: { readonly spki: Uint8Array; readonly privateKey: KeyObject; readonly certificate: Uint8Array };
  /** Signers whom no reader believes, each for one reason. */
  readonly impostors: Readonly<Record<'catalogue' | 'other-ca' | 'expired' | 'a-ca' | 'long-chain' | 'nobody', Signer>>;
  /** Certificates of class keys that no sealer takes. */
  readonly badClassKeys: Readonly<
    Record<'other-root' | 'wrong-role' | 'no-epoch' | 'expired' | 'self-signed', Uint8Array>
  >;
  readonly anchors: TrustAnchors;
}

export async function fixedPeople(): Promise<FixedPeople> {
  const [authors, maker, strangers] = await Promise.all(['authors', 'maker', 'strangers'].map((name) => ca(name)));
  if (!authors || !maker || !strangers) throw new RangeError('three CAs');
  const key = repeatableKey('author');
  const signer = (...chain: Uint8Array[]): Signer => ({ algorithm: 'ES256', chain, sign: (bytes) => key.sign(bytes) });
  const leaf = (under: Ca, role: Role, dates = valid) => issue(under, role, 'Ada Author', spkiOf(key.publicKey), dates);
  const spki = spkiOf(createPublicKey(classPrivateKey));
  const uris = [classKeyUri('demo-mixer', 1)];
  const classKey = (under: Ca, role: Role = 'class-key', dates = valid, uri = uris) =>
    issue(under, role, 'demo-mixer', spki, dates, uri);
  const authorLeaf = await leaf(authors, 'author');
  return {
    author: signer(authorLeaf),
    classKey: { spki, privateKey: classPrivateKey, certificate: await classKey(maker) },
    impostors: {
      catalogue: signer(await leaf(authors, 'catalogue')),
      'other-ca': signer(await leaf(strangers, 'author')),
      expired: signer(await leaf(authors, 'author', over)),
      'a-ca': { algorithm: 'ES256', chain: [authors.certificate], sign: (bytes) => authors.key.sign(bytes) },
      'long-chain': signer(authorLeaf, authors.certificate, authors.certificate, authors.certificate),
      nobody: signer(),
    },
    badClassKeys: {
      'other-root': await classKey(strangers),
      'wrong-role': await classKey(maker, 'deposit'),
      'no-epoch': await classKey(maker, 'class-key', valid, []),
      expired: await classKey(maker, 'class-key', over),
      'self-signed': maker.certificate,
    },
    anchors: { author: [authors.certificate], 'class-key': [maker.certificate] },
  };
}

async function ca(name: string): Promise<Ca> {
  const key = repeatableKey(`${name} CA`);
  const certificate = await issueCertificate(
    {
      ...valid,
      subject: { CN: `Test ${name}` },
      spki: spkiOf(key.publicKey),
      issuer: 'self',
      serial: randomSerial(countedEntropy(name)),
      ca: true,
      keyUsage: ['keyCertSign'],
    },
    { algorithm: 'ES256', sign: (message) => key.sign(message) },
  );
  return { certificate, key };
}

function issue(
  { certificate, key }: Ca,
  role: Role,
  name: string,
  spki: Uint8Array,
  dates: typeof valid,
  uri: readonly string[] = [],
): Promise<Uint8Array> {
  return issueCertificate(
    {
      ...dates,
      subject: { CN: name },
      spki,
      issuer: certificate,
      serial: randomSerial(countedEntropy(`${role} ${name} ${dates.notAfter}`)),
      ca: false,
      keyUsage: ['digitalSignature'],
      extKeyUsageOids: [roleOid(role)],
      subjectAltNames: { uri },
    },
    { algorithm: 'ES256', sign: (message) => key.sign(message) },
  );
}
