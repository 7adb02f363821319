import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sealMessage } from '#wire/signed-message.ts';
import type { Books } from './books.ts';
import type { Identity } from './identity.ts';
import type { Head } from './journal/record-codec.ts';
import { unbookedKids } from './licences/epoch.ts';
import { type ReleasePorts, takeRelease } from './release.ts';

export interface SyncPorts {
  readonly books: Books;
  readonly identity: Identity;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
}

/** What licensing's answer to HEAD was taken for. */
export interface HeadAnswer {
  readonly quarantined: boolean;
  /** A new epoch has begun, which licensing does not know yet: to be told at once. */
  readonly released: boolean;
  /** Licensing has lost what it was told: `forgotten` has it. */
  readonly tell_again: boolean;
}

const linkLimit = 2048;
/** Beside what became of the keys of the epoch before. */
const fewerLinks = 1024;

/** Licensing's newest word on where this journal stands: WITNESS or RELEASE. */
export const proofPath = 'heads/proof.cose';

/**
 * HEAD: where the journal stands, and the way there from the last head that licensing countersigned. In quarantine it stays
 * the head at which the quarantine began: what a RELEASE has to name.
 * @throws Failure `machine/retired` while the machine is decommissioned: `farewell` is what is left to be told
 */
export async function headMessage(ports: SyncPorts): Promise<Uint8Array> {
  const { books, identity, clock, disk } = ports;
  const { witnessed: since, epoch, lastSeq } = books.ledger;
  if (epoch.ends) throw new Failure('machine/retired');
  const limit = epoch.begun === null ? linkLimit : fewerLinks;
  const end = epoch.seen?.index ?? books.journal.head().index;
  const from = since?.index ?? 0;
  const links = books.journal.links(from, Math.max(0, Math.min(limit, end - from)));
  const journal = books.journal.headAt(from + links.length) ?? books.journal.head();
  const payload: Payload<'HEAD'> = {
    machine: identity.machine,
    epoch: epoch.number,
    since,
    links,
    journal,
    last_seq: lastSeq,
    batch: epoch.lastBatch,
    proof: await disk.read(proofPath),
    released: releasedTo(books),
    told_again: epoch.again?.done ? epoch.again.recovered : null,
    time: clock.now(),
  };
  return sealMessage('HEAD', payload, identity.signer);
}

function releasedTo({ ledger }: Books): Payload<'HEAD'>['released'] {
  const { begun } = ledger.epoch;
  if (begun === null) return null;
  const unspent = begun.unspent.slice(0, 400).map(({ cti, kid }) => ({ cti, kid }));
  return { release: begun.release, unspent, ended: unbookedKids(ledger).slice(0, 256) };
}

/**
 * Takes licensing's answer to HEAD: a WITNESS is written down, a QUARANTINE too, and then nothing is sold or opened until a
 * RELEASE.
 * @throws Failure `message/not-authentic` for another machine's or another journal's answer, and what `takeRelease` throws
 */
export function takeHeadAnswer(bytes: Uint8Array, ports: SyncPorts & ReleasePorts): Promise<HeadAnswer> {
  return ports.books.inTurn('heads', () => take(bytes, ports));
}

async function take(bytes: Uint8Array, ports: SyncPorts & ReleasePorts): Promise<HeadAnswer> {
  switch (decodeSign1(bytes, 64 * 1024).type) {
    case 'application/decant-quarantine+cbor':
      return quarantine(bytes, ports);
    case 'application/decant-release+cbor':
      return { quarantined: false, released: await takeRelease(bytes, proofPath, ports), tell_again: false };
    default:
      return witness(bytes, ports);
  }
}

async function quarantine(bytes: Uint8Array, { books, identity, clock, log }: SyncPorts): Promise<HeadAnswer> {
  const { payload } = openMessage('QUARANTINE', bytes, identity.anchors, clock.now());
  if (payload.machine !== identity.machine) throw new Failure('message/not-authentic', { reason: 'another machine' });
  const { quarantined, epoch } = books.ledger;
  const seen = isMine(payload.seen, books) ? payload.seen : null;
  if (quarantined === null || (epoch.seen === null && seen !== null)) {
    await books.append({
      kind: 'QUARANTINED',
      reason: payload.reason,
      ...(seen === null ? {} : { seen }),
      at: clock.now(),
    });
    log.error('quarantined by licensing', {
      reason: payload.reason,
      index: payload.seen.index,
      remembered: payload.remembered.index,
      code: 'machine/quarantined',
    });
  }
  return { quarantined: true, released: false, tell_again: false };
}

async function witness(bytes: Uint8Array, ports: SyncPorts): Promise<HeadAnswer> {
  const { books, identity, clock, disk } = ports;
  const { payload } = openMessage('WITNESS', bytes, identity.anchors, clock.now());
  if (payload.machine !== identity.machine || !isMine(payload.journal, books)) {
    throw new Failure('message/not-authentic', { reason: 'not a head of this journal' });
  }
  const { ledger } = books;
  if (payload.epoch !== ledger.epoch.number || ledger.quarantined !== null) {
    throw new Failure('message/not-authentic', { reason: 'a head of another epoch' });
  }
  if (payload.journal.index > (ledger.witnessed?.index ?? 0)) {
    await disk.replace(proofPath, bytes);
    await books.append({ kind: 'WITNESSED', journal: payload.journal, at: clock.now() });
  }
  return { quarantined: false, released: false, tell_again: await forgot(payload.tell_again, ports) };
}

/** Writes down once that licensing has forgotten something. */
async function forgot(again: Payload<'WITNESS'>['tell_again'], { books, clock, log }: SyncPorts): Promise<boolean> {
  if (again === null) return false;
  if (books.ledger.epoch.again?.recovered !== again.recovered) {
    await books.append({ kind: 'TELL_AGAIN', ...again, at: clock.now() });
    log.warn('licensing lost what it was told, and is told again', { since: again.since });
  }
  return !books.ledger.epoch.again?.done;
}

function isMine({ index, head }: Head, { journal }: Books): boolean {
  const mine = journal.headAt(index);
  return mine !== null && sameBytes(mine.head, head);
}
