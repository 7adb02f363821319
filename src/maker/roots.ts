import { z } from 'zod';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { type Role, roleOid, roles, type TrustAnchors } from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import { time } from '#wire/fields.ts';
import type { Payload } from '#wire/messages.ts';
import { sealMessage } from '#wire/signed-message.ts';
import { ensureKey, ensureRoot, issue, type Root, stored } from './certificates.ts';
import type { MakerPorts } from './ports.ts';

const stateSchema = z.strictObject({
  /** Of the ANCHORS that was signed last; 1 before the first. */
  version: z.int().min(1),
  /** Label of the root's key. */
  root: z.string().max(64),
  /** Roots that were given up, with the time (milliseconds since 1970). */
  retired: z.array(z.strictObject({ root: z.string().max(64), at: time })).max(16),
});

type RootsState = z.infer<typeof stateSchema>;

const statePath = 'roots.cbor';
const firstState: RootsState = { version: 1, root: 'root', retired: [] };
/** How long both lists hold (licence.md, "Who signs what"). */
export const overlapMs = 90 * 24 * 3600 * 1000;
const makerName = 'Decant demo maker';

/** The maker's root that is in force, those that still hold beside it, and the key that signs messages. */
export class Roots {
  readonly #ports: MakerPorts;
  #state: RootsState;
  #current: Root;
  #retired: readonly (Root & { readonly at: number })[];
  #signer: Signer;

  private constructor(ports: MakerPorts, state: RootsState, held: Omit<Held, 'state'>) {
    this.#ports = ports;
    this.#state = state;
    this.#current = held.current;
    this.#retired = held.retired;
    this.#signer = held.signer;
  }

  /** Makes root and signing key at the first call. */
  static async open(ports: MakerPorts): Promise<Roots> {
    const bytes = await ports.disk.read(statePath);
    const state = bytes === null ? firstState : stateSchema.parse(decodeCbor(bytes, 64 * 1024));
    const { current, retired, signer } = await held(ports, state);
    return new Roots(ports, state, { current, retired, signer });
  }

  get current(): Root {
    return this.#current;
  }

  get version(): number {
    return this.#state.version;
  }

  get signer(): Signer {
    return this.#signer;
  }

  /** Roots whose machines are still believed, the newest first. */
  believed(): Uint8Array[] {
    const now = this.#ports.clock.now();
    const still = this.#retired.filter(({ at }) => now < at + overlapMs);
    return [this.#current, ...still].map(({ certificate }) => certificate);
  }

  /**
   * ANCHORS of the next version: signed under the root in force and under the one that is from now on, which is a new one
   * with `newRoot`. `more` are lists for roles that are not the maker's own.
   */
  async next(own: (root: Uint8Array) => TrustAnchors, newRoot: boolean, more: TrustAnchors = {}): Promise<Uint8Array> {
    const version = this.#state.version + 1;
    const now = this.#ports.clock.now();
    const state: RootsState = newRoot
      ? {
          version,
          root: `root-${version}`,
          retired: [{ root: this.#current.label, at: now }, ...this.#state.retired].slice(0, 16),
        }
      : { ...this.#state, version };
    const next = await held(this.#ports, state);
    const lists = Object.entries({ ...own(next.current.certificate), ...more }) as [Role, readonly Uint8Array[]][];
    const anchors = Object.fromEntries(lists.map(([role, list]) => [role, [...list]])) as Payload<'ANCHORS'>['anchors'];
    const payload = { version, anchors, time: now };
    const both = encodeCbor([
      await sealMessage('ANCHORS', payload, this.#signer),
      await sealMessage('ANCHORS', payload, next.signer),
    ]);
    await this.#ports.disk.replace(anchorsPath(version), both);
    await this.#ports.disk.replace(statePath, encodeCbor(state));
    this.#state = state;
    this.#current = next.current;
    this.#retired = next.retired;
    this.#signer = next.signer;
    return both;
  }

  /** The ANCHORS of a version that was signed before; null when there is none. */
  signed(version: number): Promise<Uint8Array | null> {
    return this.#ports.disk.read(anchorsPath(version));
  }
}

const anchorsPath = (version: number): string => `anchors/${version}.cbor`;

interface Held {
  readonly current: Root;
  readonly retired: readonly (Root & { readonly at: number })[];
  readonly signer: Signer;
}

async function held(ports: MakerPorts, state: RootsState): Promise<Held> {
  const current = await ensureRoot(state.root, makerName, ports);
  const retired = await Promise.all(
    state.retired.map(async ({ root, at }) => ({ ...(await ensureRoot(root, makerName, ports)), at })),
  );
  return { current, retired, signer: await signerUnder(current, ports) };
}

/** The key that signs the maker's messages, certified by `root`. */
async function signerUnder(root: Root, ports: MakerPorts): Promise<Signer> {
  const { token } = ports;
  await ensureKey(token, 'signing');
  const spki = token.publicKey('signing');
  const kept = root.label === 'root' ? 'signing' : `signing.${root.label}`;
  const certificate = await stored(kept, spki, ports, () =>
    issue(
      {
        subject: { CN: makerName },
        spki,
        keyUsage: ['digitalSignature'],
        extKeyUsageOids: [roleOid('maker')],
      },
      root,
      ports,
    ),
  );
  return {
    algorithm: 'ES256',
    chain: [certificate],
    sign: (message) => token.sign('signing', 'ES256', message),
  };
}

/** Names of roles, for whoever reads them from a command line. */
export const isRole = (name: string): name is Role => name in roles;
