import type { Disk } from '#shared/disk.ts';
import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { type Instant, instant } from '#shared/units.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import { type Authentic, openMessage, sha256 } from '#wire/signed-message.ts';
import type { Books } from '../books.ts';
import type { Granted } from './ledger.ts';

interface LicenceFilesPorts {
  readonly disk: Disk;
  readonly books: Pick<Books, 'ledger'>;
  readonly anchors: TrustAnchors;
  readonly log: Log;
}

/** Where a LICENCE's bytes lie below the cell's folder. */
export const licencePath = (seq: number): string => `licences/${seq}.cose`;

/** The licences on the cell's own disk, each held against the journal's digest when it is read. */
export class LicenceFiles {
  readonly #ports: LicenceFilesPorts;
  readonly #damaged = new Set<number>();

  private constructor(ports: LicenceFilesPorts) {
    this.#ports = ports;
  }

  /** Looks at each file of which a use is left: what is damaged has to be fetched again before somebody waits for it. */
  static async open(ports: LicenceFilesPorts): Promise<LicenceFiles> {
    const files = new LicenceFiles(ports);
    const { licences, uses } = ports.books.ledger;
    const wanted = new Set([...uses.values()].flatMap(({ stage, cti }) => (isLeft(stage) && cti ? [hex(cti)] : [])));
    for (const [cti, granted] of licences) if (wanted.has(cti)) await files.#bytes(granted);
    return files;
  }

  /** Numbers of licences whose file is damaged or gone, at most 64. */
  get damaged(): readonly number[] {
    return [...this.#damaged].slice(0, 64);
  }

  isDamaged(seq: number): boolean {
    return this.#damaged.has(seq);
  }

  /** On the medium when it resolves. */
  async write(seq: number, bytes: Uint8Array): Promise<void> {
    await this.#ports.disk.replace(licencePath(seq), bytes);
    if (this.#damaged.delete(seq)) this.#ports.log.info('licence file mended', { seq });
  }

  /** The stored licence. @throws Failure `licence/damaged`: it is fetched again; `licence/not-authentic`, `disk/failed` */
  async read(granted: Granted): Promise<Authentic<'LICENCE'>> {
    const bytes = await this.#bytes(granted);
    if (bytes === null) throw new Failure('licence/damaged', { seq: granted.seq });
    // the signer's certificate was valid when the licence came; it may have run out since
    return openLicence(bytes, this.#ports.anchors, instant(granted.at));
  }

  async #bytes({ seq, digest }: Granted): Promise<Uint8Array | null> {
    const bytes = await this.#ports.disk.read(licencePath(seq));
    if (bytes !== null && sameBytes(sha256(bytes), digest)) return bytes;
    this.#damaged.add(seq);
    this.#ports.log.error('licence file damaged', { seq, code: 'licence/damaged' });
    return null;
  }
}

const isLeft = (stage: string): boolean => stage === 'granted' || stage === 'reserved';

/** A LICENCE, verified. @throws Failure `licence/malformed`, `licence/not-authentic` */
export function openLicence(bytes: Uint8Array, anchors: TrustAnchors, at: Instant): Authentic<'LICENCE'> {
  try {
    return openMessage('LICENCE', bytes, anchors, at);
  } catch (error) {
    if (isFailure(error, 'message/malformed', 'message/too-large')) {
      throw new Failure('licence/malformed', error.facts, error);
    }
    if (isFailure(error, 'message/not-authentic')) throw new Failure('licence/not-authentic', error.facts, error);
    throw error;
  }
}
