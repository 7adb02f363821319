import { Failure } from '#shared/failure.ts';
import {
  type MachineClaims,
  machineClaims,
  parseCertificate,
  roleOid,
  type TrustAnchors,
  type TrustedParty,
} from '#wire/certificate-chain.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sealMessage } from '#wire/signed-message.ts';
import { ensureRoot, issue, type Root } from './certificates.ts';
import { ClassKeys, isDemoClass } from './class-keys.ts';
import { enrolMachine, enrolmentOf, registerMachine } from './enrolment.ts';
import type { MakerPorts } from './ports.ts';
import { Roots } from './roots.ts';

const day = 24 * 3600 * 1000;
const voucherDays = 30;

/**
 * A machine maker: its roots, its machines' certificates, its class keys. The same token holds, in a demonstration, the CA
 * of the recipe authors under a root of its own.
 */
export class Maker {
  readonly #ports: MakerPorts;
  readonly #roots: Roots;
  readonly #authors: Root;
  readonly classKeys: ClassKeys;

  private constructor(ports: MakerPorts, roots: Roots, authors: Root) {
    this.#ports = ports;
    this.#roots = roots;
    this.#authors = authors;
    this.classKeys = new ClassKeys(ports, () => roots.current);
  }

  /** Makes roots and signing key at the first call. */
  static async open(ports: MakerPorts): Promise<Maker> {
    const roots = await Roots.open(ports);
    return new Maker(ports, roots, await ensureRoot('author-root', 'Decant demo authors', ports));
  }

  /** The root in force, DER. */
  get root(): Uint8Array {
    return this.#roots.current.certificate;
  }

  /** Name of the root in force, as its certificate is kept. */
  get rootName(): string {
    return this.#roots.current.label;
  }

  /** Whether the maker's keys lie in files that can be copied. */
  get isSoft(): boolean {
    return this.#ports.token.tokenClass === 'soft';
  }

  get authorRoot(): Uint8Array {
    return this.#authors.certificate;
  }

  /** What machines, authors and marketplaces pin of this maker. */
  get anchors(): TrustAnchors {
    return this.#anchorsUnder(this.root);
  }

  /** Version of those anchors; 1 until the first ANCHORS. */
  get anchorsVersion(): number {
    return this.#roots.version;
  }

  /** Certificate (role class-key) of an epoch; see `ClassKeys.certificate`. */
  classKey(name: string, epoch: number): Promise<Uint8Array> {
    return this.classKeys.certificate(name, epoch);
  }

  /** A machine's certificate (LDevID); see `enrolMachine`. */
  enrol(machine: string, request: Uint8Array, claims: MachineClaims | null, replace = false): Promise<Uint8Array> {
    return enrolMachine(this.#ports, this.#roots.current, { machine, request, claims, replace });
  }

  /** A voucher that lets the machine fetch its first certificate by EST, once, within thirty days. */
  async voucher(machine: string, claims: MachineClaims | null): Promise<Uint8Array> {
    const { clock, entropy } = this.#ports;
    const record = await registerMachine(this.#ports, machine, claims);
    const now = clock.now();
    return sealMessage(
      'VOUCHER',
      {
        voucher: entropy.bytes(16),
        machine,
        token_class: record.token_class,
        profile: record.profile,
        expires: now + voucherDays * day,
        time: now,
      },
      this.#roots.signer,
    );
  }

  /** A recipe author's certificate. */
  certifyAuthor(name: string, spki: Uint8Array): Promise<Uint8Array> {
    const parts = {
      subject: { CN: name },
      spki,
      keyUsage: ['digitalSignature'] as const,
      extKeyUsageOids: [roleOid('author')],
    };
    return issue(parts, this.#authors, this.#ports);
  }

  /**
   * The maker's half of the class-key ceremony: CLASS_KEY for a machine's TRANSPORT_REQ; without `epoch` the newest. Machines
   * whose certificate comes from another CA (EST) are believed under `machineCas`, and their token by the enrolment record.
   * @throws Failure `token/soft-refused` for a soft token, unless the class is named `demo-…`: one copied card would be the
   * class key of the whole fleet; `maker/epoch-unknown`
   */
  async answerTransport(
    request: Uint8Array,
    epoch?: number,
    machineCas: readonly Uint8Array[] = [],
  ): Promise<Uint8Array> {
    const believed = { machine: [...this.#roots.believed(), ...machineCas] };
    const { payload, from } = openMessage('TRANSPORT_REQ', request, believed, this.#ports.clock.now());
    if (payload.machine !== from.name) throw new Failure('message/not-authentic', { reason: 'another machine' });
    const tokenClass = await this.#tokenClassOf(from);
    if (tokenClass === 'soft' && !isDemoClass(payload.class)) throw new Failure('token/soft-refused');
    const chosen = epoch ?? this.classKeys.live(payload.class)[0] ?? 1;
    const certificate = await this.classKeys.certificate(payload.class, chosen);
    const { wrappedKek, wrappedKey } = await this.classKeys.wrap(payload.class, chosen, payload.spki);
    return sealMessage(
      'CLASS_KEY',
      {
        machine: payload.machine,
        class: payload.class,
        epoch: chosen,
        kek: wrappedKek,
        key: wrappedKey,
        certificate,
        nonce: payload.nonce,
      },
      this.#roots.signer,
    );
  }

  /** ANCHORS of the next version; with `newRoot` the maker's root is another from now on. See `Roots.next`. */
  nextAnchors(newRoot: boolean, more: TrustAnchors = {}): Promise<Uint8Array> {
    return this.#roots.next((root) => this.#anchorsUnder(root), newRoot, more);
  }

  /** ANCHORS of a version that was signed before; null when there is none. */
  anchorsSigned(version: number): Promise<Uint8Array | null> {
    return this.#roots.signed(version);
  }

  /** SOFTWARE: the files of a release, by their digests. */
  signRelease(release: Omit<Payload<'SOFTWARE'>, 'time'>): Promise<Uint8Array> {
    return sealMessage('SOFTWARE', { ...release, time: this.#ports.clock.now() }, this.#roots.signer);
  }

  /** By our own certificate; by our own record for a machine that another CA has certified. */
  async #tokenClassOf({ name, certificate }: TrustedParty): Promise<string> {
    const ours = this.#roots.believed().some((root) => certificate.checkIssued(parseCertificate(root)));
    if (ours) return machineClaims(certificate).tokenClass;
    return (await enrolmentOf(this.#ports, name, null)).token_class;
  }

  #anchorsUnder(root: Uint8Array): TrustAnchors {
    return { maker: [root], machine: [root], 'class-key': [root], author: [this.authorRoot] };
  }
}
