import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure, invariant, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { type Instant, instant } from '#shared/units.ts';
import { type Authentic, openMessage, sealMessage, sha256 } from '#wire/signed-message.ts';
import type { Books } from '../books.ts';
import type { Identity } from '../identity.ts';
import type { EntryOf } from '../journal/entry.ts';
import type { Spool } from '../spool.ts';
import type { Granted, Ledger } from './ledger.ts';

export interface AcceptPorts {
  readonly books: Books;
  readonly identity: Identity;
  readonly spool: Spool;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Accepted {
  readonly ack: Uint8Array;
  readonly cti: Uint8Array;
  readonly seq: number;
}

/**
 * Checks a LICENCE in the order of licence.md, stores it, and answers the ACK. A repeat of the same bytes gets the same ACK
 * again; other bytes under a known number are the security event `licence/forked`.
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
  const licence = authentic(bytes, identity, clock.now());
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
  requireTime(licence, clock.now());
  await ports.disk.replace(licencePath(payload.seq), bytes);
  await books.append(grantedEntry(licence, grounds, clock.now()));
  ports.log.info('licence stored', { seq: payload.seq, cti: hex(payload.cti), order: grounds.order });
  return acknowledge(payload.cti, ports);
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
    at,
  };
}

/** Where a LICENCE's bytes lie below the cell's folder. */
export const licencePath = (seq: number): string => `licences/${seq}.cose`;

/**
 * The stored bytes of a licence, checked against the journal's digest.
 * @throws Failure `licence/malformed`, `licence/not-authentic`, `disk/failed`
 */
export async function storedLicence(
  granted: Granted,
  { disk, identity }: Pick<AcceptPorts, 'disk' | 'identity'>,
): Promise<Authentic<'LICENCE'>> {
  const bytes = await disk.read(licencePath(granted.seq));
  if (bytes === null || !sameBytes(sha256(bytes), granted.digest)) {
    throw new Failure('licence/malformed', { seq: granted.seq });
  }
  // the signer's certificate was valid when the licence came; it may have run out since
  return authentic(bytes, identity, instant(granted.at));
}

function authentic(bytes: Uint8Array, { anchors }: Identity, at: Instant): Authentic<'LICENCE'> {
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

function repeated(licence: Authentic<'LICENCE'>, ports: AcceptPorts): Promise<Accepted> {
  const { seq } = licence.payload;
  const stored = [...ports.books.ledger.licences.values()].find((entry) => entry.seq === seq);
  if (stored === undefined || !sameBytes(stored.digest, licence.digest)) {
    ports.log.error('two licences under one number', { seq, code: 'licence/forked' });
    throw new Failure('licence/forked', { seq });
  }
  return acknowledge(stored.cti, ports);
}

/** Why a licence was issued. */
interface Grounds {
  readonly order: string;
  /** Kid of the void use that it replaces. */
  readonly replaces: Uint8Array | null;
  /** Digest of the manifest that was ordered. */
  readonly manifest: Uint8Array;
}

/** The order that the licence answers, also by replacing a use of that order that was claimed void. */
function groundsOf({ payload }: Authentic<'LICENCE'>, ledger: Ledger): Grounds {
  const { order: digest, replaces: claim } = payload;
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
  const manifest = await spool.manifest(payload.manifest, instant(payload.iat * 1000));
  if (!sameBytes(manifest.recipe_id, payload.recipe) || manifest.version !== payload.version) {
    throw new Failure('licence/manifest-mismatch');
  }
}

function requireTerms({ payload }: Authentic<'LICENCE'>): void {
  const { kind } = payload.terms;
  if (kind !== 'single_use') throw new Failure('licence/terms-unknown', { kind });
}

function requireTime({ payload }: Authentic<'LICENCE'>, now: number): void {
  if (now < payload.nbf * 1000) throw new Failure('licence/not-yet-valid');
  if (now > payload.exp * 1000) throw new Failure('licence/expired');
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
