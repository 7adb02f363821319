import { type CertificateSigner, tokenSigner } from '#hsm/certificate-signer.ts';
import {
  type CertificateToIssue,
  issueCertificate,
  randomSerial,
  tlsClientOid,
  tlsServerOid,
} from '#hsm/certificates.ts';
import type { Token } from '#hsm/token.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import type { Entropy } from '#shared/entropy.ts';
import { type Instant, instant } from '#shared/units.ts';
import { type MachineClaims, machineUri, type Role, roleOid, spkiOf } from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import { p256Key } from './p256-key.ts';

export interface IdentityPorts {
  readonly token: Token;
  /** Of the state folder: certificates stay below `certificates/`. */
  readonly disk: Disk;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** A TLS key that lives in memory, and its certificate, PEM. */
export interface TlsKey {
  readonly certificate: string;
  readonly key: string;
}

const labels = { ca: 'ca', accounts: 'accounts' } as const;
const day = 24 * 3600 * 1000;
const caDays = 3650;
const roleDays = 730;
const machineDays = 1825;
/** Certificates are valid from a little before now, for clocks that are behind. */
const slack = 3600 * 1000;

/**
 * Who the marketplace is: a CA and signing keys in its token, certificates in its state folder. All is made at the
 * first start and found again afterwards.
 */
export class MarketplaceIdentity {
  /** The CA's certificate, DER: what machines pin for the roles catalogue and licensing, and for TLS. */
  readonly ca: Uint8Array;
  readonly #ports: IdentityPorts;
  readonly #caSigner: CertificateSigner;

  private constructor(ports: IdentityPorts, ca: Uint8Array) {
    this.#ports = ports;
    this.ca = ca;
    this.#caSigner = caSignerOf(ports.token);
  }

  static async open(ports: IdentityPorts): Promise<MarketplaceIdentity> {
    const { token, clock } = ports;
    // RSA, because clients' libraries for PKCS#7 read no other certificates
    await ensureKey(token, labels.ca, { rsaBits: 3072 });
    await ensureKey(token, labels.accounts, { curve: 'P-256' });
    const ca = await stored(ports, 'ca', token.publicKey(labels.ca), () =>
      issueCertificate(
        {
          ...lifetime(clock.now(), caDays),
          subject: { CN: 'Decant marketplace CA', O: 'Decant' },
          spki: token.publicKey(labels.ca),
          issuer: 'self',
          serial: randomSerial(ports.entropy),
          ca: true,
          pathLen: 0,
          keyUsage: ['keyCertSign', 'cRLSign'],
        },
        caSignerOf(token),
      ),
    );
    return new MarketplaceIdentity(ports, ca);
  }

  get caPem(): string {
    return pem(this.ca);
  }

  /** Signs messages of `role`, with ES256. */
  async signer(role: 'catalogue' | 'licensing'): Promise<Signer> {
    const { token } = this.#ports;
    await ensureKey(token, role, { curve: 'P-256' });
    const certificate = await this.roleCertificate(role, token.publicKey(role));
    return { algorithm: 'ES256', chain: [certificate], sign: (message) => token.sign(role, 'ES256', message) };
  }

  /** The certificate of a key with a role of its own, DER; the same as long as it is the same key. */
  roleCertificate(role: Extract<Role, 'catalogue' | 'licensing' | 'deposit'>, spki: Uint8Array): Promise<Uint8Array> {
    return stored(this.#ports, role, spki, () =>
      this.#issue({
        ...lifetime(this.#ports.clock.now(), roleDays),
        subject: { CN: `Decant ${role}`, O: 'Decant' },
        spki,
        keyUsage: [role === 'deposit' ? 'keyEncipherment' : 'digitalSignature'],
        extKeyUsageOids: [roleOid(role)],
      }),
    );
  }

  /** The key with which accounts signs access tokens. */
  tokenKey(): { readonly spki: Uint8Array; sign(message: Uint8Array): Promise<Uint8Array> } {
    const { token } = this.#ports;
    return {
      spki: token.publicKey(labels.accounts),
      sign: (message) => token.sign(labels.accounts, 'ES256', message),
    };
  }

  /** A fresh key, in memory only, and a server certificate for these names and addresses. */
  async tlsServer(
    name: string,
    hosts: { readonly dns: readonly string[]; readonly ip: readonly string[] },
  ): Promise<TlsKey> {
    return this.#tlsKey({ subject: { CN: name }, extKeyUsageOids: [tlsServerOid], subjectAltNames: hosts });
  }

  /** A fresh key, in memory only, and a client certificate for `name`. */
  async tlsClient(name: string): Promise<TlsKey> {
    return this.#tlsKey({ subject: { CN: name }, extKeyUsageOids: [tlsClientOid] });
  }

  /** A clientAuth certificate for someone else's key, DER. */
  async issueClient(
    name: string,
    spki: Uint8Array,
    from: Instant,
    to: Instant,
  ): Promise<{ certificate: Uint8Array; serial: string }> {
    const serial = randomSerial(this.#ports.entropy);
    const certificate = await this.#issue({
      subject: { CN: name },
      spki,
      serial,
      notBefore: from,
      notAfter: to,
      keyUsage: ['digitalSignature'],
      extKeyUsageOids: [tlsClientOid],
    });
    return { certificate, serial: Buffer.from(serial).toString('hex') };
  }

  /** A machine's certificate (LDevID), DER, for the identity key in its token. */
  issueMachine(machine: string, spki: Uint8Array, claims: MachineClaims): Promise<Uint8Array> {
    return this.#issue({
      ...lifetime(this.#ports.clock.now(), machineDays),
      subject: { CN: machine },
      spki,
      keyUsage: ['digitalSignature'],
      extKeyUsageOids: [roleOid('machine')],
      subjectAltNames: { uri: [machineUri(machine, claims)] },
    });
  }

  async #tlsKey(wanted: Pick<CertificateToIssue, 'subject' | 'extKeyUsageOids' | 'subjectAltNames'>): Promise<TlsKey> {
    const { publicKey, privateKey } = p256Key(this.#ports.entropy);
    const certificate = await this.#issue({
      ...lifetime(this.#ports.clock.now(), roleDays),
      ...wanted,
      spki: spkiOf(publicKey),
      keyUsage: ['digitalSignature'],
    });
    return { certificate: pem(certificate), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }

  #issue(wanted: Omit<CertificateToIssue, 'issuer' | 'ca' | 'serial'> & { serial?: Uint8Array }): Promise<Uint8Array> {
    const serial = wanted.serial ?? randomSerial(this.#ports.entropy);
    return issueCertificate({ ...wanted, serial, issuer: this.ca, ca: false }, this.#caSigner);
  }
}

function caSignerOf(token: Token): CertificateSigner {
  return tokenSigner(token, labels.ca, 'RS256');
}

async function ensureKey(token: Token, label: string, kind: Parameters<Token['generateSigningKey']>[1]): Promise<void> {
  if (!token.hasKey(label)) await token.generateSigningKey(label, kind);
}

function lifetime(now: Instant, days: number): { notBefore: Instant; notAfter: Instant } {
  return { notBefore: instant(now - slack), notAfter: instant(now + days * day) };
}

/** The certificate in `certificates/NAME.der` when it is for this key, else a new one, kept there. */
async function stored(
  { disk }: IdentityPorts,
  name: string,
  spki: Uint8Array,
  issue: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const path = `certificates/${name}.der`;
  const before = await disk.read(path);
  if (before !== null && Buffer.from(before).includes(Buffer.from(spki))) return new Uint8Array(before);
  const fresh = await issue();
  await disk.replace(path, fresh);
  return fresh;
}

/** A certificate as text. */
export function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
