import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { type Authentic, openMessage, sealMessage, sha256 } from '#wire/signed-message.ts';
import type { Books } from '../books.ts';
import type { Identity } from '../identity.ts';
import type { EntryOf } from '../journal/entry.ts';
import type { Spool } from '../spool.ts';
import type { Ledger } from './ledger.ts';

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
 * Checks a LICENCE in the order of licence.md, stores it, and answers the ACK. A repeat of the same bytes gets an ACK
 * again; other bytes under a known number are the security event `licence/forked`.
 */
export function acceptLicence(bytes: Uint8Array, ports: AcceptPorts): Promise<Accepted> {
  // the same licence may come over the broker and by REST at once
  return ports.books.inTurn('licences', () => accept(bytes, ports));
}

async function accept(bytes: Uint8Array, ports: AcceptPorts): Promise<Accepted> {
  const { books, identity, clock } = ports;
  const licence = authentic(bytes, ports);
  const { payload } = licence;
  if (payload.sub !== identity.machine) throw new Failure('licence/other-machine', { sub: payload.sub });
  if (payload.seq > books.ledger.lastSeq + 1) {
    throw new Failure('licence/gap', { seq: payload.seq, last: books.ledger.lastSeq });
  }
  if (payload.seq <= books.ledger.lastSeq) return repeated(licence, ports);
  if (books.ledger.licences.has(hex(payload.cti))) throw new Failure('licence/replayed');
  const order = orderOf(licence, books.ledger);
  requireFreeKeys(licence, books.ledger);
  await requireManifest(licence, ports.spool);
  requireTime(licence, clock.now());
  await ports.disk.replace(licencePath(payload.seq), bytes);
  await books.append({
    kind: 'GRANTED',
    seq: payload.seq,
    cti: payload.cti,
    digest: licence.digest,
    order,
    recipe: payload.recipe,
    version: payload.version,
    manifest: payload.manifest,
    kids: payload.slots.map((slot) => slot.kid),
    expires: payload.exp,
    at: clock.now(),
  });
  ports.log.info('licence stored', { seq: payload.seq, cti: hex(payload.cti), ...(order === null ? {} : { order }) });
  return acknowledge(payload, ports);
}

/** Where a LICENCE's bytes lie below the cell's folder. */
export const licencePath = (seq: number): string => `licences/${seq}.cose`;

/** The stored bytes of a licence, checked against the journal's digest; @throws Failure `licence/malformed` */
export async function storedLicence(
  granted: EntryOf<'GRANTED'>,
  ports: Pick<AcceptPorts, 'disk' | 'identity'>,
): Promise<Authentic<'LICENCE'>> {
  const bytes = await ports.disk.read(licencePath(granted.seq));
  // the signer's certificate was valid when the licence came; it may have run out since
  const licence =
    bytes === null
      ? null
      : openMessage('LICENCE', bytes, ports.identity.anchors, granted.at as Parameters<typeof openMessage>[3]);
  if (licence === null || !sameBytes(licence.digest, granted.digest)) {
    throw new Failure('licence/malformed', { seq: granted.seq });
  }
  return licence;
}

function authentic(bytes: Uint8Array, { identity, clock }: AcceptPorts): Authentic<'LICENCE'> {
  try {
    return openMessage('LICENCE', bytes, identity.anchors, clock.now());
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
  return acknowledge(licence.payload, ports);
}

/** The order that the licence answers, also by replacing a use of that order that was claimed void. */
function orderOf({ payload }: Authentic<'LICENCE'>, ledger: Ledger): string | null {
  if (payload.order !== undefined) {
    const { order } = payload;
    const mine = [...ledger.orders.values()].find((entry) => sameBytes(entry.digest, order));
    if (mine === undefined) throw new Failure('licence/order-unknown');
    if (!sameBytes(mine.manifest, payload.manifest)) throw new Failure('licence/manifest-mismatch');
    return mine.order;
  }
  const { replaces } = payload;
  const claimed = [...ledger.uses.values()].find(
    (use) => replaces !== undefined && use.claim !== null && sameBytes(sha256(use.claim), replaces),
  );
  if (claimed === undefined) throw new Failure('licence/order-unknown');
  return claimed.order;
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

async function requireManifest({ payload }: Authentic<'LICENCE'>, spool: Spool): Promise<void> {
  const { manifest } = await spool.manifest(payload.manifest);
  if (!sameBytes(manifest.recipe_id, payload.recipe) || manifest.version !== payload.version) {
    throw new Failure('licence/manifest-mismatch');
  }
}

function requireTime({ payload }: Authentic<'LICENCE'>, now: number): void {
  if (now < payload.nbf * 1000) throw new Failure('licence/not-yet-valid');
  if (now > payload.exp * 1000) throw new Failure('licence/expired');
}

async function acknowledge(
  { cti, seq }: { cti: Uint8Array; seq: number },
  { books, identity }: AcceptPorts,
): Promise<Accepted> {
  const ack = await sealMessage(
    'ACK',
    { machine: identity.machine, cti, seq, journal: books.journal.head() },
    identity.signer,
  );
  return { ack, cti, seq };
}
