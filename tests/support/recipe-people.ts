import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { CertificateSigner } from '#hsm/certificate-signer.ts';
import { issueCertificate, randomSerial } from '#hsm/certificates.ts';
import { classKeyUri } from '#recipes/class-key.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { instant } from '#shared/units.ts';
import { type Role, roleOid, spkiOf, type TrustAnchors } from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';

/** The day on which these people live. */
export const today = instant(Date.UTC(2025, 5, 1));
const notBefore = instant(Date.UTC(2025, 0, 1));
const notAfter = instant(Date.UTC(2026, 0, 1));

/** A CA with one leaf below it, keys in memory. */
export interface PaperParty {
  readonly name: string;
  readonly ca: Uint8Array;
  readonly leaf: Uint8Array;
  readonly signer: Signer;
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
}

/** Somebody with a P-256 key and a certificate of `role`. */
export async function paperParty(role: Role, name: string): Promise<PaperParty> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return partyOf(role, name, privateKey, publicKey);
}

/** A class key, RSA-2048, certified for `demo-mixer`, epoch 1. */
export async function paperClassKey(): Promise<PaperParty> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return partyOf('class-key', 'demo-mixer', privateKey, publicKey, [classKeyUri('demo-mixer', 1)]);
}

/** Trust in the CAs of these parties, each for one role. */
export function trustIn(parties: Partial<Record<Role, PaperParty>>): TrustAnchors {
  return Object.fromEntries(Object.entries(parties).map(([role, party]) => [role, [party.ca]]));
}

async function partyOf(
  role: Role,
  name: string,
  privateKey: KeyObject,
  publicKey: KeyObject,
  uri: readonly string[] = [],
): Promise<PaperParty> {
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rootSigner = es256(root.privateKey);
  const dates = { notBefore, notAfter };
  const serial = () => randomSerial(systemEntropy);
  const ca = await issueCertificate(
    {
      subject: { CN: `${name} CA` },
      spki: spkiOf(root.publicKey),
      issuer: 'self',
      serial: serial(),
      ...dates,
      ca: true,
      keyUsage: ['keyCertSign'],
    },
    rootSigner,
  );
  const spki = spkiOf(publicKey);
  const leaf = await issueCertificate(
    {
      subject: { CN: name },
      spki,
      issuer: ca,
      serial: serial(),
      ...dates,
      ca: false,
      keyUsage: ['digitalSignature'],
      extKeyUsageOids: [roleOid(role)],
      subjectAltNames: { uri },
    },
    rootSigner,
  );
  return { name, ca, leaf, signer: { ...es256(privateKey), algorithm: 'ES256', chain: [leaf] }, privateKey, spki };
}

function es256(key: KeyObject): CertificateSigner & { readonly algorithm: 'ES256' } {
  return {
    algorithm: 'ES256',
    sign: (message) => Promise.resolve(new Uint8Array(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }))),
  };
}
