import { type CertificateSigner, tokenSigner } from '#hsm/certificate-signer.ts';
import { issueCertificate, randomSerial } from '#hsm/certificates.ts';
import type { Token } from '#hsm/token.ts';
import { sameBytes } from '#shared/entropy.ts';
import { instant } from '#shared/units.ts';
import { parseCertificate, spkiOf } from '#wire/certificate-chain.ts';
import type { MakerPorts } from './ports.ts';

/** What stands in a certificate besides its life, its issuer and its number. */
export type IssuedParts = Pick<
  Parameters<typeof issueCertificate>[0],
  'subject' | 'spki' | 'keyUsage' | 'extKeyUsageOids' | 'subjectAltNames'
>;

/** A root: its key's label in the maker's token, and its certificate, DER. */
export interface Root {
  readonly label: string;
  readonly certificate: Uint8Array;
}

const day = 24 * 3600 * 1000;
const slack = 3600 * 1000;
const rootDays = 7300;
const leafDays = 1825;

/** The root of this label, made at the first call. */
export async function ensureRoot(label: string, name: string, ports: MakerPorts): Promise<Root> {
  await ensureKey(ports.token, label);
  const spki = ports.token.publicKey(label);
  const certificate = await stored(label, spki, ports, () =>
    issueCertificate(
      {
        ...lifetime(ports, rootDays),
        subject: { CN: `${name} root`, O: 'Decant demo' },
        spki,
        issuer: 'self',
        serial: randomSerial(ports.entropy),
        ca: true,
        pathLen: 1,
        keyUsage: ['keyCertSign', 'cRLSign'],
      },
      signerOf(ports.token, label),
    ),
  );
  return { label, certificate };
}

/** A leaf below `root`. */
export function issue(parts: IssuedParts, root: Root, ports: MakerPorts): Promise<Uint8Array> {
  const serial = randomSerial(ports.entropy);
  return issueCertificate(
    { ...lifetime(ports, leafDays), ...parts, issuer: root.certificate, serial, ca: false },
    signerOf(ports.token, root.label),
  );
}

/** The certificate kept under this name for this key, issued when there is none. */
export async function stored(
  name: string,
  spki: Uint8Array,
  { disk }: MakerPorts,
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const path = `certificates/${name}.der`;
  const before = await disk.read(path);
  if (before !== null) {
    const certificate = parseCertificate(before);
    if (sameBytes(spkiOf(certificate.publicKey), spki)) return new Uint8Array(certificate.raw);
  }
  const certificate = await make();
  await disk.replace(path, certificate);
  return certificate;
}

export async function ensureKey(token: Token, label: string): Promise<void> {
  if (!token.hasKey(label)) await token.generateSigningKey(label, { curve: 'P-256' });
}

const signerOf = (token: Token, label: string): CertificateSigner => tokenSigner(token, label, 'ES256');

function lifetime({ clock }: MakerPorts, days: number) {
  return { notBefore: instant(clock.now() - slack), notAfter: instant(clock.now() + days * day) };
}
