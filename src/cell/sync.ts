import type { Clock } from '#shared/clock.ts';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import { openMessage, sealMessage } from '#wire/signed-message.ts';
import type { Books } from './books.ts';
import type { Identity } from './identity.ts';

export interface SyncPorts {
  readonly books: Books;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly log: Log;
}

const epoch = 0;
const linkLimit = 2048;

/** HEAD: where the journal stands, and the way there from the last head that licensing countersigned. */
export async function headMessage({ books, identity, clock }: SyncPorts): Promise<Uint8Array> {
  const since = books.ledger.witnessed;
  const links = books.journal.links(since?.index ?? 0, linkLimit);
  const journal = books.journal.headAt((since?.index ?? 0) + links.length) ?? books.journal.head();
  return sealMessage(
    'HEAD',
    { machine: identity.machine, epoch, since, links, journal, time: clock.now() },
    identity.signer,
  );
}

/**
 * Takes licensing's answer to HEAD: a WITNESS is written down, a QUARANTINE too, and then nothing is sold or opened.
 * @throws Failure `message/not-authentic` for another machine's or another journal's answer
 */
export function takeHeadAnswer(bytes: Uint8Array, ports: SyncPorts): Promise<{ quarantined: boolean }> {
  return ports.books.inTurn('heads', () => take(bytes, ports));
}

async function take(bytes: Uint8Array, ports: SyncPorts): Promise<{ quarantined: boolean }> {
  const { books, identity, clock, log } = ports;
  if (decodeSign1(bytes, 64 * 1024).type === 'application/decant-quarantine+cbor') {
    const { payload } = openMessage('QUARANTINE', bytes, identity.anchors, clock.now());
    if (payload.machine !== identity.machine) throw new Failure('message/not-authentic', { reason: 'another machine' });
    if (books.ledger.quarantined === null) {
      await books.append({ kind: 'QUARANTINED', reason: payload.reason, at: clock.now() });
    }
    log.error('quarantined by licensing', { reason: payload.reason, code: 'machine/quarantined' });
    return { quarantined: true };
  }
  const { payload } = openMessage('WITNESS', bytes, identity.anchors, clock.now());
  const mine = books.journal.headAt(payload.journal.index);
  if (payload.machine !== identity.machine || mine === null || !sameBytes(mine.head, payload.journal.head)) {
    throw new Failure('message/not-authentic', { reason: 'not a head of this journal' });
  }
  if (payload.journal.index > (books.ledger.witnessed?.index ?? 0)) {
    await books.append({ kind: 'WITNESSED', journal: payload.journal, at: clock.now() });
  }
  return { quarantined: false };
}
