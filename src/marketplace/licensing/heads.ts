import { z } from 'zod';
import { Failure } from '#shared/failure.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sealMessage } from '#wire/signed-message.ts';
import { bytes } from '../database/columns.ts';
import { one, type Transaction } from '../database/database.ts';
import { followJournal, origin, sameHead } from './follow-journal.ts';
import { openMachineMessage } from './machine-message.ts';
import type { LicensingPorts } from './ports.ts';
import { learnFromProof, lostSince } from './proof.ts';
import { rememberSuspect } from './quarantine.ts';
import { reissueWaiting } from './reissue.ts';
import { beginEpoch, releaseBehind, waitingRelease } from './release.ts';
import { type Head, lockStanding, type Standing } from './standing.ts';

const answerRow = z.object({ answer: bytes });
const headRow = z.object({ head: bytes });

/**
 * Countersigns where a machine's journal stands, or, when it does not lead past the head that is remembered, puts the
 * machine into quarantine. Answers WITNESS, QUARANTINE, or the RELEASE for just this journal. The same HEAD gets the same
 * WITNESS.
 * @throws Failure `machine/retired`
 */
export async function witnessHead(ports: LicensingPorts, machine: string, message: Uint8Array): Promise<Uint8Array> {
  const { payload, digest } = openMachineMessage(ports, 'HEAD', machine, message);
  const answer = await ports.database.transaction(async (transaction) => {
    const standing = await lockStanding(transaction, machine);
    if (standing.retired) throw new Failure('machine/retired', { machine });
    if (standing.quarantine === null) {
      const sql = 'select answer from licensing.sync where machine = $1 and digest = $2';
      const before = await one(transaction, answerRow, sql, [machine, digest]);
      if (before !== null) return before.answer;
    }
    const judged = await judge(ports, transaction, standing, payload);
    if (!judged.countersigned) return judged.answer;
    await reissueWaiting(ports, transaction, machine);
    await transaction.query('insert into licensing.sync (machine, digest, answer) values ($1, $2, $3)', [
      machine,
      digest,
      judged.answer,
    ]);
    return judged.answer;
  });
  ports.outbox.wake();
  return answer;
}

interface Judged {
  readonly answer: Uint8Array;
  readonly countersigned: boolean;
}

async function judge(
  ports: LicensingPorts,
  transaction: Transaction,
  before: Standing,
  payload: Payload<'HEAD'>,
): Promise<Judged> {
  const release = await releaseBehind(ports, transaction, before, payload);
  if (release !== null) {
    const walk = followJournal(payload.since ?? origin, payload.links, payload.journal, release.head);
    if (walk.tag !== 'continues') return quarantine(ports, transaction, before, payload, walk.tag);
    const begun = await beginEpoch(ports, transaction, before, release, payload);
    return witness(ports, transaction, begun, payload);
  }
  const standing = await learnFromProof(ports, transaction, before, payload);
  if (payload.epoch !== standing.epoch) return otherEpoch(ports, transaction, standing, payload);
  if (standing.quarantine !== null) return stillInQuarantine(ports, transaction, standing, payload);
  const walk = followJournal(payload.since ?? origin, payload.links, payload.journal, standing.head);
  const known = await isKnown(transaction, standing, payload.since ?? origin);
  // links that pass through the remembered head prove themselves, wherever they begin
  if (walk.tag === 'continues' && (known || standing.head !== null)) {
    return witness(ports, transaction, standing, payload);
  }
  return quarantine(ports, transaction, standing, payload, known ? walk.tag : 'unknown-start');
}

async function isKnown(transaction: Transaction, { machine, epoch }: Standing, since: Head): Promise<boolean> {
  if (sameHead(since, origin)) return true;
  const sql = 'select head from licensing.head where machine = $1 and epoch = $2 and index = $3 and head = $4';
  return (await one(transaction, headRow, sql, [machine, epoch, since.index, since.head])) !== null;
}

async function witness(
  { clock, signer }: LicensingPorts,
  transaction: Transaction,
  { machine, epoch, seq: known, batch, batchDigest }: Standing,
  { journal, told_again, last_seq }: Payload<'HEAD'>,
): Promise<Judged> {
  // a machine that has lost its proof, too, must not be given a number twice
  const seq = Math.max(known, last_seq);
  const place = [machine, epoch, journal.index, journal.head] as const;
  await transaction.query(
    'insert into licensing.head (machine, epoch, index, head) values ($1, $2, $3, $4) on conflict do nothing',
    place,
  );
  await transaction.query(
    'update licensing.standing set head_index = $3, head = $4, seq = $5 where machine = $1 and epoch = $2',
    [...place, seq],
  );
  const payload: Payload<'WITNESS'> = {
    machine,
    epoch,
    journal,
    seq,
    batch: { number: batch, digest: batchDigest },
    tell_again: await lostSince(transaction, machine, told_again),
    time: clock.now(),
  };
  return { answer: await sealMessage('WITNESS', payload, signer), countersigned: true };
}

/** A copy of the machine from before a release stays where it is; the one that was released is not touched by it. */
async function otherEpoch(
  ports: LicensingPorts,
  transaction: Transaction,
  standing: Standing,
  payload: Payload<'HEAD'>,
): Promise<Judged> {
  if (payload.epoch > standing.epoch) return quarantine(ports, transaction, standing, payload, 'other-epoch');
  const { machine } = standing;
  ports.log.error('old-copy-of-machine', { machine, epoch: payload.epoch, code: 'machine/quarantined' });
  return { answer: await quarantineMessage(ports, standing, payload.journal, 'other-epoch'), countersigned: false };
}

async function stillInQuarantine(
  ports: LicensingPorts,
  transaction: Transaction,
  standing: Standing,
  payload: Payload<'HEAD'>,
): Promise<Judged> {
  const release = await waitingRelease(ports, transaction, standing);
  if (release !== null && sameHead(release.head, payload.journal)) {
    return { answer: release.message, countersigned: false };
  }
  await rememberSuspect(ports, transaction, standing, payload);
  const reason = reasonOf(ports, standing);
  return { answer: await quarantineMessage(ports, standing, payload.journal, reason), countersigned: false };
}

async function quarantine(
  ports: LicensingPorts,
  transaction: Transaction,
  standing: Standing,
  payload: Payload<'HEAD'>,
  reason: string,
): Promise<Judged> {
  const { machine } = standing;
  const answer = await quarantineMessage(ports, standing, payload.journal, reason);
  ports.log.error('machine-quarantined', {
    machine,
    reason,
    index: payload.journal.index,
    code: 'machine/quarantined',
  });
  await transaction.query('update licensing.standing set quarantine = $2 where machine = $1', [machine, answer]);
  await rememberSuspect(ports, transaction, standing, payload);
  return { answer, countersigned: false };
}

function quarantineMessage(
  { clock, signer }: LicensingPorts,
  { machine, head }: Standing,
  seen: Head,
  reason: string,
): Promise<Uint8Array> {
  const payload = { machine, seen, remembered: head ?? origin, reason, time: clock.now() };
  return sealMessage('QUARANTINE', payload, signer);
}

/** Why the machine was put into quarantine first. */
function reasonOf({ ownAnchors, clock }: LicensingPorts, { quarantine: message }: Standing): string {
  return message === null ? 'forked' : openMessage('QUARANTINE', message, ownAnchors, clock.now()).payload.reason;
}
