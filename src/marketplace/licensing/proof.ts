import { z } from 'zod';
import { isFailure } from '#shared/failure.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage } from '#wire/signed-message.ts';
import { whole } from '../database/columns.ts';
import { one, type Transaction } from '../database/database.ts';
import type { LicensingPorts } from './ports.ts';
import { type Head, lockStanding, type Standing } from './standing.ts';

/** A RELEASE of licensing's own. */
export interface Release extends Pick<Payload<'RELEASE'>, 'epoch' | 'seq' | 'batch' | 'person' | 'reason'> {
  readonly head: Head;
  readonly message: Uint8Array;
  readonly digest: Uint8Array;
}

/** What licensing once signed about where a machine stands. */
interface Word {
  readonly epoch: number;
  readonly head: Head;
  readonly seq: number;
  readonly batch: Payload<'WITNESS'>['batch'];
  /** Set when it is a RELEASE. */
  readonly release: Release | null;
}

/** Reads a WITNESS or RELEASE for this machine that licensing itself has signed; null for anything else. */
export function readProof(
  { ownAnchors, clock }: Pick<LicensingPorts, 'ownAnchors' | 'clock'>,
  machine: string,
  message: Uint8Array,
): Word | null {
  try {
    if (decodeSign1(message, 16 * 1024).type === 'application/decant-release+cbor') {
      const { payload, digest } = openMessage('RELEASE', message, ownAnchors, clock.now());
      const release = { ...payload, message, digest };
      return payload.machine === machine ? { ...payload, release } : null;
    }
    const { payload } = openMessage('WITNESS', message, ownAnchors, clock.now());
    return payload.machine === machine ? { ...payload, head: payload.journal, release: null } : null;
  } catch (error) {
    if (isFailure(error)) return null;
    throw error;
  }
}

/**
 * The machine's standing, after what it can prove by licensing's own signature was learned: a database that was restored
 * from a copy knows less than it once said. Licence numbers go on above what the machine has, and no one-time key that
 * may have been taken is used again.
 */
export async function learnFromProof(
  ports: LicensingPorts,
  transaction: Transaction,
  standing: Standing,
  { proof, last_seq, batch }: Payload<'HEAD'>,
): Promise<Standing> {
  const word = proof === null ? null : readProof(ports, standing.machine, proof);
  if (word === null || !isNewer(word, standing)) return standing;
  if (word.release !== null && (await isKnownRelease(transaction, standing.machine, word.epoch))) return standing;
  const { machine } = standing;
  const { clock, log } = ports;
  const seq = Math.max(standing.seq, word.seq, last_seq);
  const newest = batch.number >= word.batch.number ? batch : word.batch;
  const since = standing.head?.index ?? 0;
  await transaction.query('delete from licensing.prekey where machine = $1 and assigned is null', [machine]);
  await transaction.query(
    `update licensing.standing set epoch = $2, head_index = $3, head = $4, seq = $5, batch = $6, batch_digest = $7,
       quarantine = case when epoch < $2 then null else quarantine end where machine = $1`,
    [machine, word.epoch, word.head.index, word.head.head, seq, newest.number, newest.digest],
  );
  await transaction.query(
    'insert into licensing.head (machine, epoch, index, head) values ($1, $2, $3, $4) on conflict do nothing',
    [machine, word.epoch, word.head.index, word.head.head],
  );
  await transaction.query(
    'insert into licensing.recovery (machine, at, since, seq_before, seq_after) values ($1, $2, $3, $4, $5)',
    [machine, clock.now(), since, standing.seq, seq],
  );
  const facts = { machine, since, learned: word.head.index, seq_before: standing.seq, seq };
  log.error('database-is-older-than-witness', { ...facts, code: 'marketplace/restored' });
  return lockStanding(transaction, machine);
}

function isNewer({ epoch, head }: Word, standing: Standing): boolean {
  if (epoch !== standing.epoch) return epoch > standing.epoch;
  return head.index > (standing.head?.index ?? 0);
}

const epochRow = z.object({ epoch: whole });

/** A RELEASE for that epoch is remembered, so nothing was lost: the one shown was replaced by it, or waits. */
async function isKnownRelease(transaction: Transaction, machine: string, epoch: number): Promise<boolean> {
  const sql = 'select epoch from licensing.release where machine = $1 and epoch = $2';
  return (await one(transaction, epochRow, sql, [machine, epoch])) !== null;
}

const recoveryRow = z.object({ at: whole, since: whole });

/** What the machine has to tell again; null when it has, or when nothing was lost. */
export async function lostSince(
  transaction: Transaction,
  machine: string,
  toldAgain: number | null,
): Promise<Payload<'WITNESS'>['tell_again']> {
  if (toldAgain !== null) {
    const told = 'update licensing.recovery set told = true where machine = $1 and at <= $2';
    await transaction.query(told, [machine, toldAgain]);
  }
  // the copy may have been put back more than once: the oldest gap holds all of them
  const sql = `select max(at) as at, min(since) as since from licensing.recovery
    where machine = $1 and not told having count(*) > 0`;
  const row = await one(transaction, recoveryRow, sql, [machine]);
  return row === null ? null : { since: row.since, recovered: row.at };
}
