import { issueCertificate, randomSerial } from '#hsm/certificates.ts';
import { type CertificateSigner, tokenSigner } from '#hsm/certificate-signer.ts';
import { readCertificateRequest } from '#hsm/certificate-request.ts';
import { type ClassKeyVault, openClassKeyVault } from '#hsm/class-key-vault.ts';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import type { Token } from '#hsm/token.ts';
import { classKeyUri } from '#recipes/class-key.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import type { Entropy } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { instant } from '#shared/units.ts';
import {
  type MachineClaims,
  machineClaims,
  machineUri,
  parseCertificate,
  roleOid,
  type TrustAnchors,
} from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import { openMessage, sealMessage } from '#wire/signed-message.ts';

export interface MakerPorts {
  readonly token: Pkcs11Token;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

type IssuedParts = Pick<
  Parameters<typeof issueCertificate>[0],
  'subject' | 'spki' | 'keyUsage' | 'extKeyUsageOids' | 'subjectAltNames'
>;

const day = 24 * 3600 * 1000;
const slack = 3600 * 1000;

/**
 * A machine maker: its root, its machines' certificates, its class keys. The same token holds, in a demonstration, the CA
 * of the recipe authors under a root of its own.
 */
export class Maker {
  readonly #ports: MakerPorts;
  readonly #vault: ClassKeyVault;
  readonly root: Uint8Array;
  readonly authorRoot: Uint8Array;
  readonly #signer: Signer;

  private constructor(ports: MakerPorts, root: Uint8Array, authorRoot: Uint8Array, signer: Signer) {
    this.#ports = ports;
    this.#vault = openClassKeyVault(ports.token);
    this.root = root;
    this.authorRoot = authorRoot;
    this.#signer = signer;
  }

  /** Makes roots and signing key at the first call. */
  static async open(ports: MakerPorts): Promise<Maker> {
    const root = await rootOf('root', 'Decant demo maker', ports);
    const authorRoot = await rootOf('author-root', 'Decant demo authors', ports);
    await ensureKey(ports.token, 'signing');
    const spki = ports.token.publicKey('signing');
    const certificate = await stored('signing', ports, () =>
      issue(
        {
          subject: { CN: 'Decant demo maker' },
          spki,
          keyUsage: ['digitalSignature'],
          extKeyUsageOids: [roleOid('maker')],
        },
        root,
        'root',
        ports,
      ),
    );
    const sign = (message: Uint8Array): Promise<Uint8Array> => ports.token.sign('signing', 'ES256', message);
    return new Maker(ports, root, authorRoot, { algorithm: 'ES256', chain: [certificate], sign });
  }

  /** What machines, authors and marketplaces pin of this maker. */
  get anchors(): TrustAnchors {
    return { maker: [this.root], machine: [this.root], 'class-key': [this.root], author: [this.authorRoot] };
  }

  /** Makes the class key unless it exists; answers its certificate (role class-key). */
  async classKey(name: string, epoch: number): Promise<Uint8Array> {
    const label = classKeyLabel(name, epoch);
    if (!this.#ports.token.hasKey(label)) await this.#vault.generateClassKey(label, 3072);
    const parts: IssuedParts = {
      subject: { CN: `${name} epoch ${epoch}` },
      spki: this.#ports.token.publicKey(label),
      keyUsage: ['keyEncipherment'],
      extKeyUsageOids: [roleOid('class-key')],
      subjectAltNames: { uri: [classKeyUri(name, epoch)] },
    };
    return stored(label, this.#ports, () => issue(parts, this.root, 'root', this.#ports));
  }

  /**
   * A machine's certificate (LDevID) for a PKCS#10 request signed by its identity key. Token class and profile come from
   * the enrolment record, not from the request.
   */
  enrol(machine: string, request: Uint8Array, claims: MachineClaims): Promise<Uint8Array> {
    const { subject, spki } = readCertificateRequest(request);
    if (subject.CN !== machine) throw new Failure('message/not-authentic', { reason: 'a request for another machine' });
    const parts: IssuedParts = {
      subject: { CN: machine },
      spki,
      keyUsage: ['digitalSignature'],
      extKeyUsageOids: [roleOid('machine')],
      subjectAltNames: { uri: [machineUri(machine, claims)] },
    };
    return issue(parts, this.root, 'root', this.#ports);
  }

  /** A recipe author's certificate. */
  certifyAuthor(name: string, spki: Uint8Array): Promise<Uint8Array> {
    const parts: IssuedParts = {
      subject: { CN: name },
      spki,
      keyUsage: ['digitalSignature'],
      extKeyUsageOids: [roleOid('author')],
    };
    return issue(parts, this.authorRoot, 'author-root', this.#ports);
  }

  /**
   * The maker's half of the class-key ceremony: CLASS_KEY for a machine's TRANSPORT_REQ.
   * @throws Failure `token/soft-refused` for a soft token, unless the class is named `demo-…`: one copied card would be the
   * class key of the whole fleet
   */
  async answerTransport(request: Uint8Array, epoch: number): Promise<Uint8Array> {
    const { payload, from } = openMessage('TRANSPORT_REQ', request, this.anchors, this.#ports.clock.now());
    if (payload.machine !== from.name) throw new Failure('message/not-authentic', { reason: 'another machine' });
    const { tokenClass } = machineClaims(from.certificate);
    if (tokenClass === 'soft' && !payload.class.startsWith('demo-')) throw new Failure('token/soft-refused');
    const certificate = await this.classKey(payload.class, epoch);
    const { wrappedKek, wrappedKey } = await this.#vault.wrapClassKey(
      classKeyLabel(payload.class, epoch),
      payload.spki,
    );
    return sealMessage(
      'CLASS_KEY',
      {
        machine: payload.machine,
        class: payload.class,
        epoch,
        kek: wrappedKek,
        key: wrappedKey,
        certificate,
        nonce: payload.nonce,
      },
      this.#signer,
    );
  }
}

const classKeyLabel = (name: string, epoch: number): string => `class-${name}-${epoch}`;

async function rootOf(label: string, name: string, ports: MakerPorts): Promise<Uint8Array> {
  await ensureKey(ports.token, label);
  return stored(label, ports, () =>
    issueCertificate(
      {
        ...lifetime(ports, 7300),
        subject: { CN: `${name} root`, O: 'Decant demo' },
        spki: ports.token.publicKey(label),
        issuer: 'self',
        serial: randomSerial(ports.entropy),
        ca: true,
        pathLen: 1,
        keyUsage: ['keyCertSign', 'cRLSign'],
      },
      signerOf(ports.token, label),
    ),
  );
}

function issue(parts: IssuedParts, issuer: Uint8Array, label: string, ports: MakerPorts): Promise<Uint8Array> {
  const serial = randomSerial(ports.entropy);
  return issueCertificate(
    { ...lifetime(ports, 1825), ...parts, issuer, serial, ca: false },
    signerOf(ports.token, label),
  );
}

const signerOf = (token: Token, label: string): CertificateSigner => tokenSigner(token, label, 'ES256');

async function ensureKey(token: Token, label: string): Promise<void> {
  if (!token.hasKey(label)) await token.generateSigningKey(label, { curve: 'P-256' });
}

/** The certificate kept under this name, issued when there is none. */
async function stored(name: string, { disk }: MakerPorts, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const path = `certificates/${name}.der`;
  const before = await disk.read(path);
  if (before !== null) return new Uint8Array(parseCertificate(before).raw);
  const certificate = await make();
  await disk.replace(path, certificate);
  return certificate;
}

function lifetime({ clock }: MakerPorts, days: number) {
  return { notBefore: instant(clock.now() - slack), notAfter: instant(clock.now() + days * day) };
}
