import type { Token } from '#hsm/token.ts';
import type { Clock } from '#shared/clock.ts';
import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure, invariant } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { type Instant, instant } from '#shared/units.ts';
import { type Authentic, sealMessage, sha256 } from '#wire/signed-message.ts';
import type { Books } from '../books.ts';
import type { Identity } from '../identity.ts';
import type { EntryOf } from '../journal/entry.ts';
import type { Spool } from '../spool.ts';
import type { TimeView } from '../trusted-time.ts';
import { type LicenceFiles, openLicence } from './licence-files.ts';
import type { Ledger } from './ledger.ts';
import { type Revocations, withdraw } from './revocations.ts';
import { timeObstacle } from './usable.ts';

export interface AcceptPorts {
  readonly token: Token;
  readonly books: Books;
  readonly identity: Identity;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly time: TimeView;
  readonly licenceFiles: LicenceFiles;
  readonly revocations: Pick<Revocations, 'review'>;
  readonly log: Log;
}

export interface Accepted {
  readonly ack: Uint8Array;
  readonly cti: Uint8Array;
  readonly seq: number;
}

/**
 * Checks a LICENCE in the order of licence.md, stores it, and answers the ACK. A repeat of the same bytes gets the same ACK
 * again, and mends a damaged file; other bytes under a known number are the security event `licence/forked`. One that has
 * surely run out takes its number, so that those after it can come, and none of its uses is ever opened.
 * @throws Failure `licence/malformed`, `licence/not-authentic`, `licence/other-machine`, `licence/gap`, `licence/forked`,
 * `licence/replayed`, `licence/order-unknown`, `licence/key-unknown`, `licence/key-assigned`, `recipe/unknown`,
 * `licence/manifest-mismatch`, `licence/terms-unknown`, `licence/not-yet-valid`, `licence/expired`, `disk/failed`
 */
export function acceptLicence(bytes: Uint8Array, ports: AcceptPorts): Promise<Accepted> {
  // the same licence may come over the broker and by REST at once
  return ports.books.inTurn('licences', () => accept(bytes, ports));
}

async function accept(bytes: Uint8Array, ports: AcceptPorts): Promise<Accepted> {
  const { books, identity, clock } = ports;
  const licence = openLicence(bytes, identity.anchors, clock.now());
  const { payload } = licence;
  if (payload.sub !== identity.machine) throw new Failure('licence/other-machine', { sub: payload.sub });
  if (payload.seq > books.ledger.lastSeq + 1) {
    throw new Failure('licence/gap', { seq: payload.seq, last: books.ledger.lastSeq });
  }
  if (payload.seq <= books.ledger.lastSeq) return repeated(licence, ports);
  if (books.ledger.licences.has(hex(payload.cti))) throw new Failure('licence/replayed');
  const grounds = groundsOf(licence, books.ledger);
  requireFreeKeys(licence, books.ledger);
  await requireManifest(licence, grounds, ports.spool);
  requireTerms(licence);
  const entry = grantedEntry(licence, grounds, clock.now());
  const late = lateness(entry, ports.time);
  if (late !== null && !isSurelyOver(entry, ports.time)) throw new Failure(late);
  await ports.licenceFiles.write(payload.seq, bytes);
  await books.append(entry);
  ports.log.info('licence stored', { seq: payload.seq, cti: hex(payload.cti), order: grounds.order });
  if (late !== null) {
    await withdrawAll(payload.cti, ports);
    throw new Failure(late);
  }
  await ports.revocations.review();
  return acknowledge(payload.cti, ports);
}

type GrantedEntry = EntryOf<'GRANTED'>;

/** What arrival and use judge alike, but for the beginning of a window: such a licence may come long before it. */
function lateness(entry: GrantedEntry, time: TimeView): 'licence/not-yet-valid' | 'licence/expired' | null {
  const obstacle = timeObstacle(entry, time);
  if (obstacle === 'licence/not-yet-valid') return entry.terms?.kind === 'window' ? null : obstacle;
  return obstacle === 'licence/expired' ? obstacle : null;
}

function isSurelyOver({ expires }: GrantedEntry, time: TimeView): boolean {
  return time.atLeast() > expires * 1000;
}

async function withdrawAll(cti: Uint8Array, ports: AcceptPorts): Promise<void> {
  for (const use of ports.books.ledger.uses.values()) {
    if (use.cti !== null && sameBytes(use.cti, cti)) await withdraw(use, 'expired', ports);
  }
}

function grantedEntry(
  { payload, digest }: Authentic<'LICENCE'>,
  { order, replaces }: Grounds,
  at: Instant,
): EntryOf<'GRANTED'> {
  return {
    kind: 'GRANTED',
    seq: payload.seq,
    cti: payload.cti,
    digest,
    order,
    ...(replaces === null ? {} : { replaces }),
    recipe: payload.recipe,
    version: payload.version,
    manifest: payload.manifest,
    kids: payload.slots.map((slot) => slot.kid),
    expires: payload.exp,
    terms: { ...payload.terms, issued: payload.iat, not_before: payload.nbf, status: payload.status },
    at,
  };
}

async function repeated(licence: Authentic<'LICENCE'>, ports: AcceptPorts): Promise<Accepted> {
  const { seq } = licence.payload;
  const stored = [...ports.books.ledger.licences.values()].find((entry) => entry.seq === seq);
  if (stored === undefined || !sameBytes(stored.digest, licence.digest)) {
    ports.log.error('two licences under one number', { seq, code: 'licence/forked' });
    throw new Failure('licence/forked', { seq });
  }
  if (ports.licenceFiles.isDamaged(seq)) await ports.licenceFiles.write(seq, licence.bytes);
  return acknowledge(stored.cti, ports);
}

/** Why a licence was issued. */
interface Grounds {
  readonly order: string | null;
  /** Kid of the void use that it replaces. */
  readonly replaces: Uint8Array | null;
  /** Digest of the manifest that was ordered. */
  readonly manifest: Uint8Array;
}

/**
 * The order that the licence answers, also by replacing a use of that order that was claimed void, or uses whose keys were
 * destroyed unspent. Those of another machine, whose heir this one is, or of entries that a restored journal lacks, answer
 * no order of this journal.
 */
function groundsOf({ payload }: Authentic<'LICENCE'>, ledger: Ledger): Grounds {
  const { order: digest, replaces: claim, reissues } = payload;
  if (reissues !== undefined) {
    if (digest !== undefined || claim !== undefined) throw new Failure('licence/order-unknown');
    const order = ledger.licences.get(hex(reissues.cti))?.order ?? null;
    return { order, replaces: null, manifest: payload.manifest };
  }
  if (digest !== undefined) {
    const mine = [...ledger.orders.values()].find((entry) => sameBytes(entry.digest, digest));
    if (mine === undefined || claim !== undefined) throw new Failure('licence/order-unknown');
    return { order: mine.order, replaces: null, manifest: mine.manifest };
  }
  for (const { kid, order, cti, voided, claim: told } of ledger.uses.values()) {
    const isMeant = claim !== undefined && voided !== null && told !== null && sameBytes(sha256(told), claim);
    const replaced = cti === null ? undefined : ledger.licences.get(hex(cti));
    if (isMeant && order !== null && replaced !== undefined)
      return { order, replaces: kid, manifest: replaced.manifest };
  }
  throw new Failure('licence/order-unknown');
}

function requireFreeKeys({ payload }: Authentic<'LICENCE'>, ledger: Ledger): void {
  const seen = new Set<string>();
  for (const { kid } of payload.slots) {
    const use = ledger.uses.get(hex(kid));
    if (use === undefined) throw new Failure('licence/key-unknown');
    if (use.stage !== 'pooled' || seen.has(hex(kid))) throw new Failure('licence/key-assigned');
    seen.add(hex(kid));
  }
}

async function requireManifest({ payload }: Authentic<'LICENCE'>, grounds: Grounds, spool: Spool): Promise<void> {
  if (!sameBytes(grounds.manifest, payload.manifest)) throw new Failure('licence/manifest-mismatch');
  // nobody has asked for it here: the recipe may come later, and is held against the licence when it is opened
  if (payload.reissues !== undefined && !spool.has(payload.manifest)) return;
  const manifest = await spool.manifest(payload.manifest, instant(payload.iat * 1000));
  if (!sameBytes(manifest.recipe_id, payload.recipe) || manifest.version !== payload.version) {
    throw new Failure('licence/manifest-mismatch');
  }
}

const understood: readonly string[] = ['single_use', 'window'];

function requireTerms({ payload }: Authentic<'LICENCE'>): void {
  const { kind } = payload.terms;
  if (!understood.includes(kind)) throw new Failure('licence/terms-unknown', { kind });
}

/** Says, the same each time, that the licence is stored and how the journal stood then. */
async function acknowledge(cti: Uint8Array, { books, identity }: AcceptPorts): Promise<Accepted> {
  const stored = books.ledger.licences.get(hex(cti));
  const journal = stored === undefined ? null : books.journal.headAt(stored.index);
  invariant(stored !== undefined && journal !== null, 'a licence is acknowledged when it is stored');
  const { seq } = stored;
  const ack = await sealMessage('ACK', { machine: identity.machine, cti, seq, journal }, identity.signer);
  return { ack, cti, seq };
}
