import type { Token } from '#hsm/token.ts';
import type { Disk } from '#shared/disk.ts';
import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { type Instant, instant } from '#shared/units.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import { messages, type Payload } from '#wire/messages.ts';
import { bitReader } from '#wire/status-bits.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import type { Books } from '../books.ts';
import type { Identity } from '../identity.ts';
import type { Spool } from '../spool.ts';
import type { TimeView } from '../trusted-time.ts';
import type { Granted, Use } from './ledger.ts';

export interface RevocationPorts {
  readonly token: Token;
  readonly books: Books;
  readonly identity: Identity;
  readonly spool: Spool;
  readonly disk: Disk;
  readonly time: TimeView;
  readonly log: Log;
}

type Target = Payload<'REVOKE'>['target'];
/** Says whether a licence is revoked; `author` is who signed its recipe, null when that is not known. */
type Verdict = (granted: Granted, author: string | null) => boolean;

const listPath = 'licences/status.cose';
const listType = 'application/decant-status-list+cbor';

/**
 * What is revoked, as far as the cell knows: the last STATUS_LIST, and REVOKEs that came since the process began. Unspent
 * one-time keys of a revoked licence are destroyed, and that is written down first; what is burned already is poured.
 */
export class Revocations {
  readonly #ports: RevocationPorts;
  #list: Verdict = () => false;
  #told: readonly Target[] = [];
  /** Who signed a manifest, by its digest: that never changes. */
  readonly #authors = new Map<string, string>();

  private constructor(ports: RevocationPorts) {
    this.#ports = ports;
  }

  /** With the list that was kept, if its file is the one that the journal names; withdraws what a crash left. */
  static async open(ports: RevocationPorts): Promise<Revocations> {
    const revocations = new Revocations(ports);
    const { books, disk, identity, log } = ports;
    const kept = books.ledger.statusList;
    if (kept === null) return revocations;
    const bytes = await disk.read(listPath);
    if (bytes === null || !sameBytes(sha256(bytes), kept.digest)) {
      log.warn('status list damaged: fetched again', { number: kept.number });
      return revocations;
    }
    const { payload } = openMessage('STATUS_LIST', bytes, identity.anchors, instant(kept.at));
    revocations.#list = verdictOf(payload, identity.machine);
    await revocations.review();
    return revocations;
  }

  /**
   * Takes a STATUS_LIST or a REVOKE; answers how many uses it withdrew. An older list is not taken, the same again changes
   * nothing.
   * @throws Failure `message/malformed`, `message/too-large`, `message/not-authentic`, `licence/list-stale` for a list that
   * has run out, `disk/failed`
   */
  async take(bytes: Uint8Array): Promise<number> {
    const { identity, time } = this.#ports;
    if (decodeSign1(bytes, messages.STATUS_LIST.maxBytes).type === listType) {
      return (await this.#takeList(bytes)) ? this.review() : 0;
    }
    const { payload } = openMessage('REVOKE', bytes, identity.anchors, time.now());
    this.#told = [...this.#told, payload.target].slice(-256);
    return this.review();
  }

  /** Withdraws every use that may never be opened any more, also because its licence has surely run out; answers how many. */
  async review(): Promise<number> {
    let withdrawn = 0;
    for (const use of this.#ports.books.ledger.uses.values()) {
      if (use.stage !== 'granted' && use.stage !== 'reserved') continue;
      const granted = use.cti === null ? undefined : this.#ports.books.ledger.licences.get(hex(use.cti));
      const why = granted === undefined ? null : await this.#whyNot(granted);
      if (why === null) continue;
      await withdraw(use, why, this.#ports);
      withdrawn += 1;
    }
    return withdrawn;
  }

  /** Whether it is another than the one that is kept. */
  async #takeList(bytes: Uint8Array): Promise<boolean> {
    const { books, identity, disk, time, log } = this.#ports;
    const { payload, digest } = openMessage('STATUS_LIST', bytes, identity.anchors, time.now());
    const kept = books.ledger.statusList;
    if (payload.expires < time.now()) throw new Failure('licence/list-stale', { number: payload.number });
    if (payload.number < (kept?.number ?? 0)) throw new Failure('licence/list-stale', { number: payload.number });
    if (payload.number === kept?.number && (await this.#isKept(kept.digest))) return false;
    const verdict = verdictOf(payload, identity.machine);
    const { number, expires } = payload;
    await disk.replace(listPath, bytes);
    await books.append({ kind: 'STATUS_LIST', number, digest, expires, at: time.now() });
    log.info('status list kept', { number });
    this.#list = verdict;
    return true;
  }

  async #isKept(digest: Uint8Array): Promise<boolean> {
    const bytes = await this.#ports.disk.read(listPath);
    return bytes !== null && sameBytes(sha256(bytes), digest);
  }

  async #whyNot(granted: Granted): Promise<'revoked' | 'expired' | null> {
    const { identity, time } = this.#ports;
    const author = await this.#author(granted);
    const isTold = this.#told.some((target) => isTarget(target, granted, author, identity.machine));
    if (isTold || this.#list(granted, author)) return 'revoked';
    return time.atLeast() > granted.expires * 1000 ? 'expired' : null;
  }

  async #author(granted: Granted): Promise<string | null> {
    const digest = hex(granted.manifest);
    const known = this.#authors.get(digest);
    if (known !== undefined) return known;
    try {
      const { author } = await this.#ports.spool.manifest(granted.manifest, issuedAt(granted));
      this.#authors.set(digest, author);
      return author;
    } catch (error) {
      if (!isFailure(error)) throw error;
      return null;
    }
  }
}

/** Writes a use off that is never opened, then destroys its key; one that resists is destroyed at the next start. */
export async function withdraw(
  { kid, label }: Use,
  reason: string,
  { books, token, time, log }: Pick<RevocationPorts, 'books' | 'token' | 'time' | 'log'>,
): Promise<void> {
  await books.append({ kind: 'WITHDRAWN', kid, reason, at: time.now() });
  log.warn('use withdrawn', { kid: hex(kid), reason });
  try {
    if (token.hasKey(label)) await token.destroyKey(label);
  } catch (error) {
    if (!isFailure(error)) throw error;
    log.error('withdrawn one-time key not destroyed', { kid: hex(kid), code: error.code });
  }
}

/** When the licence was issued: by that time its recipe's author is judged. */
export function issuedAt({ terms, at }: Granted): Instant {
  return instant(terms === undefined ? at : terms.issued * 1000);
}

function verdictOf(list: Payload<'STATUS_LIST'>, machine: string): Verdict {
  const isSet = bitReader(list.bits);
  const targets: Target[] = [
    ...list.machines.map((name): Target => ({ t: 'machine', machine: name })),
    ...list.authors.map((author): Target => ({ t: 'author', ...author })),
    ...list.recipes.map((recipe): Target => ({ t: 'recipe', ...recipe })),
  ];
  return (granted, author) => {
    const status = granted.terms?.status;
    if (status?.list === list.list && isSet(status.idx)) return true;
    return targets.some((target) => isTarget(target, granted, author, machine));
  };
}

function isTarget(target: Target, granted: Granted, author: string | null, machine: string): boolean {
  switch (target.t) {
    case 'licence':
      return sameBytes(target.cti, granted.cti);
    case 'machine':
      return target.machine === machine;
    case 'author':
      return target.name === author && issuedAt(granted) >= target.since * 1000;
    case 'recipe':
      return (
        sameBytes(target.recipe, granted.recipe) && (target.version === null || target.version === granted.version)
      );
  }
}
