import { z } from 'zod';
import type { Authentic } from '#wire/signed-message.ts';
import { sealMessage } from '#wire/signed-message.ts';
import { bytes } from '../database/columns.ts';
import { one, type Transaction } from '../database/database.ts';
import { followJournal, origin, sameHead } from './follow-journal.ts';
import { openMachineMessage } from './machine-message.ts';
import type { LicensingPorts } from './ports.ts';
import { type Head, lockStanding, type Standing } from './standing.ts';

const answerRow = z.object({ answer: bytes });
const headRow = z.object({ head: bytes });

/**
 * Countersigns where a machine's journal stands, or, when it does not lead past the head that is remembered, puts the
 * machine into quarantine. Answers WITNESS or QUARANTINE; the same HEAD gets the same answer, and every HEAD gets the
 * QUARANTINE while it lasts.
 */
export async function witnessHead(ports: LicensingPorts, machine: string, message: Uint8Array): Promise<Uint8Array> {
  const head = openMachineMessage(ports, 'HEAD', machine, message);
  return ports.database.transaction(async (transaction) => {
    const standing = await lockStanding(transaction, machine);
    if (standing.quarantine !== null) return standing.quarantine;
    const sql = 'select answer from licensing.sync where machine = $1 and digest = $2';
    const before = await one(transaction, answerRow, sql, [machine, head.digest]);
    if (before !== null) return before.answer;
    const answer = await judge(ports, transaction, standing, head);
    await transaction.query('insert into licensing.sync (machine, digest, answer) values ($1, $2, $3)', [
      machine,
      head.digest,
      answer,
    ]);
    return answer;
  });
}

async function judge(
  ports: LicensingPorts,
  transaction: Transaction,
  standing: Standing,
  { payload }: Authentic<'HEAD'>,
): Promise<Uint8Array> {
  const since = payload.since ?? origin;
  if (payload.epoch !== standing.epoch) return quarantine(ports, transaction, standing, payload.journal, 'other-epoch');
  if (!(await isKnown(transaction, standing, since))) {
    return quarantine(ports, transaction, standing, payload.journal, 'unknown-start');
  }
  const walk = followJournal(since, payload.links, payload.journal, standing.head);
  return walk.tag === 'continues'
    ? witness(ports, transaction, standing, payload.journal)
    : quarantine(ports, transaction, standing, payload.journal, walk.tag);
}

async function isKnown(transaction: Transaction, { machine, epoch }: Standing, since: Head): Promise<boolean> {
  if (sameHead(since, origin)) return true;
  const sql = 'select head from licensing.head where machine = $1 and epoch = $2 and index = $3 and head = $4';
  return (await one(transaction, headRow, sql, [machine, epoch, since.index, since.head])) !== null;
}

async function witness(
  { clock, signer }: LicensingPorts,
  transaction: Transaction,
  { machine, epoch }: Standing,
  journal: Head,
): Promise<Uint8Array> {
  const place = [machine, epoch, journal.index, journal.head] as const;
  await transaction.query(
    'insert into licensing.head (machine, epoch, index, head) values ($1, $2, $3, $4) on conflict do nothing',
    place,
  );
  await transaction.query(
    'update licensing.standing set head_index = $3, head = $4 where machine = $1 and epoch = $2',
    place,
  );
  return sealMessage('WITNESS', { machine, epoch, journal, time: clock.now() }, signer);
}

async function quarantine(
  { clock, signer, log }: LicensingPorts,
  transaction: Transaction,
  { machine, head }: Standing,
  seen: Head,
  reason: string,
): Promise<Uint8Array> {
  const payload = { machine, seen, remembered: head ?? origin, reason, time: clock.now() };
  const message = await sealMessage('QUARANTINE', payload, signer);
  log.error('machine-quarantined', { machine, reason, code: 'machine/quarantined' });
  await transaction.query('update licensing.standing set quarantine = $2 where machine = $1', [machine, message]);
  return message;
}

/**
 * Ends a quarantine by a person's decision: a new epoch whose journal starts anew, and no prekey of the old one is used
 * again.
 */
export async function releaseMachine(
  { database, clock }: LicensingPorts,
  machine: string,
  person: string,
  reason: string,
): Promise<void> {
  await database.transaction(async (transaction) => {
    const { epoch } = await lockStanding(transaction, machine);
    await transaction.query('delete from licensing.prekey where machine = $1 and assigned is null', [machine]);
    await transaction.query(
      `update licensing.standing set epoch = epoch + 1, head_index = null, head = null, quarantine = null
       where machine = $1`,
      [machine],
    );
    await transaction.query(
      'insert into licensing.release (machine, epoch, person, reason, at) values ($1, $2, $3, $4, $5)',
      [machine, epoch + 1, person, reason, clock.now()],
    );
  });
}
