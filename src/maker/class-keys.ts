import { type ClassKeyVault, openClassKeyVault, type WrappedClassKey } from '#hsm/class-key-vault.ts';
import { classKeyUri } from '#recipes/class-key.ts';
import { Failure } from '#shared/failure.ts';
import { roleOid } from '#wire/certificate-chain.ts';
import { issue, type Root, stored } from './certificates.ts';
import type { MakerPorts } from './ports.ts';

/** How many epochs of one class are live: machines hold no more. */
export const liveEpochs = 3;

/** One epoch of a class key, as authors are given it. */
export interface ClassKeyEpoch {
  readonly class: string;
  readonly epoch: number;
  /** Role class-key, DER. */
  readonly certificate: Uint8Array;
}

/** The originals of class keys in the maker's token, by class and epoch. */
export class ClassKeys {
  readonly #ports: MakerPorts;
  readonly #vault: ClassKeyVault;
  readonly #root: () => Root;

  constructor(ports: MakerPorts, root: () => Root) {
    this.#ports = ports;
    this.#vault = openClassKeyVault(ports.token);
    this.#root = root;
  }

  /** Epochs whose keys lie in the token, newest first. */
  live(name: string): number[] {
    const prefix = labelOf(name, '');
    return this.#ports.token
      .listKeys(prefix)
      .flatMap((label) => /^[1-9]\d{0,8}$/.exec(label.slice(prefix.length))?.map(Number) ?? [])
      .sort((a, b) => b - a);
  }

  /**
   * The certificate of an epoch. The first of a class, and the one after the newest, are made when they are not there.
   * @throws Failure `maker/epoch-unknown`, `token/soft-refused` for a class of real machines in a soft token
   */
  async certificate(name: string, epoch: number): Promise<Uint8Array> {
    const label = labelOf(name, epoch);
    if (!this.#ports.token.hasKey(label)) {
      const next = (this.live(name)[0] ?? 0) + 1;
      if (epoch !== next) throw new Failure('maker/epoch-unknown', { class: name, epoch });
      await this.#make(name, label);
    }
    const spki = this.#ports.token.publicKey(label);
    const root = this.#root();
    const kept = root.label === 'root' ? label : `${label}.${root.label}`;
    return stored(kept, spki, this.#ports, () =>
      issue(
        {
          subject: { CN: `${name} epoch ${epoch}` },
          spki,
          keyUsage: ['keyEncipherment'],
          extKeyUsageOids: [roleOid('class-key')],
          subjectAltNames: { uri: [classKeyUri(name, epoch)] },
        },
        root,
        this.#ports,
      ),
    );
  }

  /**
   * The next epoch. The one that is then the fourth is destroyed: no machine can be given it any more.
   * @throws Failure `maker/epoch-unknown` for a class without a key, `token/destroy-unproven`
   */
  async rotate(name: string): Promise<ClassKeyEpoch & { readonly destroyed: readonly number[] }> {
    const [newest] = this.live(name);
    if (newest === undefined) throw new Failure('maker/epoch-unknown', { class: name, epoch: 1 });
    const epoch = newest + 1;
    const certificate = await this.certificate(name, epoch);
    const destroyed = this.live(name).slice(liveEpochs);
    for (const old of destroyed) await this.#ports.token.destroyKey(labelOf(name, old));
    return { class: name, epoch, certificate, destroyed };
  }

  /** An epoch wrapped to one machine's transport key. @throws Failure `maker/epoch-unknown`, `message/malformed` */
  async wrap(name: string, epoch: number, transportSpki: Uint8Array): Promise<WrappedClassKey> {
    if (!this.live(name).includes(epoch)) throw new Failure('maker/epoch-unknown', { class: name, epoch });
    return this.#vault.wrapClassKey(labelOf(name, epoch), transportSpki);
  }

  async #make(name: string, label: string): Promise<void> {
    // one copied folder of the maker would be the key of the whole fleet
    if (this.#ports.token.tokenClass === 'soft' && !isDemoClass(name)) throw new Failure('token/soft-refused');
    await this.#vault.generateClassKey(label, 3072);
  }
}

/** Classes of development and demonstration, whose keys soft tokens may hold. */
export const isDemoClass = (name: string): boolean => name.startsWith('demo-');

const labelOf = (name: string, epoch: number | ''): string => `class-${name}-${epoch}`;
