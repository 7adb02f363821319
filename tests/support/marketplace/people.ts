import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { CertificateSigner } from '#hsm/certificate-signer.ts';
import { issueCertificate, randomSerial } from '#hsm/certificates.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { instant } from '#shared/units.ts';
import { machineUri, type Role, roleOid, spkiOf } from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';

/** TLS judges certificates by the real clock, so these people live now. */
export const startOfTest = systemClock.now();
const year = 365 * 24 * 3600 * 1000;
const dates = { notBefore: instant(startOfTest - year), notAfter: instant(startOfTest + year) };

/** A CA with its key in memory. */
export interface PaperCa {
  readonly certificate: Uint8Array;
  readonly signer: CertificateSigner;
}

/** Somebody with a key in memory and a certificate. */
export interface Person {
  readonly name: string;
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
  readonly signer: Signer;
}

export async function paperCa(name: string): Promise<PaperCa> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = { algorithm: 'ES256' as const, sign: (message: Uint8Array) => signEs256(privateKey, message) };
  const certificate = await issueCertificate(
    {
      ...dates,
      subject: { CN: name },
      spki: spkiOf(publicKey),
      issuer: 'self',
      serial: randomSerial(systemEntropy),
      ca: true,
      keyUsage: ['keyCertSign'],
    },
    signer,
  );
  return { certificate, signer };
}

/** Someone with a P-256 key who signs with ES256. */
export async function person(ca: PaperCa, role: Role, name: string): Promise<Person> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = spkiOf(publicKey);
  const certificate = await certify(ca, role, name, spki, []);
  const signer: Signer = {
    algorithm: 'ES256',
    chain: [certificate],
    sign: (message) => signEs256(privateKey, message),
  };
  return { name, certificate, privateKey, spki, signer };
}

/** A machine with an RSA key that signs with PS256. */
export async function paperMachine(
  ca: PaperCa,
  name: string,
  profile: 'H' | 'S',
  role: Role = 'machine',
): Promise<Person> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = spkiOf(publicKey);
  const uri = machineUri(name.replaceAll(' ', '-'), { tokenClass: 'soft', profile });
  const certificate = await certify(ca, role, name, spki, [uri]);
  const signer: Signer = {
    algorithm: 'PS256',
    chain: [certificate],
    sign: (message) => Promise.resolve(signRsa(privateKey, message, constants.RSA_PKCS1_PSS_PADDING)),
  };
  return { name, certificate, privateKey, spki, signer };
}

function certify(ca: PaperCa, role: Role, name: string, spki: Uint8Array, uri: readonly string[]): Promise<Uint8Array> {
  return issueCertificate(
    {
      ...dates,
      subject: { CN: name },
      spki,
      issuer: ca.certificate,
      serial: randomSerial(systemEntropy),
      ca: false,
      keyUsage: ['digitalSignature'],
      extKeyUsageOids: [roleOid(role)],
      subjectAltNames: { uri },
    },
    ca.signer,
  );
}

export function signEs256(key: KeyObject, message: Uint8Array): Promise<Uint8Array> {
  return Promise.resolve(new Uint8Array(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' })));
}

export function signRsa(key: KeyObject, message: Uint8Array, padding: number): Uint8Array {
  const options = padding === constants.RSA_PKCS1_PSS_PADDING ? { key, padding, saltLength: 32 } : { key, padding };
  return new Uint8Array(sign('sha256', message, options));
}
