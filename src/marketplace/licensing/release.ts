import { z } from 'zod';
import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Payload } from '#wire/messages.ts';
import { sealMessage, sha256 } from '#wire/signed-message.ts';
import { bytes } from '../database/columns.ts';
import { one, type Transaction } from '../database/database.ts';
import type { LicensingPorts } from './ports.ts';
import { type Release, readProof } from './proof.ts';
import { type Suspect, suspects } from './quarantine.ts';
import { entitle } from './reissue.ts';
import { lockStanding, type Standing } from './standing.ts';

/** Who ends a quarantine, and why. */
export interface ReleaseOrder {
  readonly person: string;
  readonly reason: string;
  /** Beginning of the head, hexadecimal, that the machine shows: needed where several journals report. */
  readonly head?: string | undefined;
}

/**
 * Ends a quarantine by a person's decision: signs the RELEASE for one journal, which the machine is given with its next
 * HEAD. Until the machine has begun the new epoch nothing is sold to it, and another journal may be named instead.
 * @throws Failure `machine/not-quarantined`, `machine/journal-unclear` when it is not clear which journal is meant
 */
export async function releaseMachine(ports: LicensingPorts, machine: string, order: ReleaseOrder): Promise<void> {
  const { database, clock, signer, log } = ports;
  await database.transaction(async (transaction) => {
    const standing = await lockStanding(transaction, machine);
    if (standing.quarantine === null) throw new Failure('machine/not-quarantined', { machine });
    const { head, lastSeq, batch } = chosen(await suspects(transaction, machine, standing.epoch), order.head, machine);
    const newest = batch.number > standing.batch ? batch : { number: standing.batch, digest: standing.batchDigest };
    const payload: Payload<'RELEASE'> = {
      machine,
      head,
      epoch: standing.epoch + 1,
      seq: Math.max(standing.seq, lastSeq),
      batch: newest,
      person: order.person,
      reason: order.reason,
      time: clock.now(),
    };
    const message = await sealMessage('RELEASE', payload, signer);
    await transaction.query(
      `insert into licensing.release (machine, epoch, person, reason, at, message, digest)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (machine, epoch) do update set person = excluded.person, reason = excluded.reason, at = excluded.at,
         message = excluded.message, digest = excluded.digest`,
      [machine, payload.epoch, order.person, order.reason, clock.now(), message, sha256(message)],
    );
    const facts = { machine, epoch: payload.epoch, person: order.person, reason: order.reason };
    log.warn('machine-released', { ...facts, head: hex(head.head).slice(0, 16) });
  });
}

function chosen(journals: readonly Suspect[], prefix: string | undefined, machine: string): Suspect {
  const meant = journals.filter(({ head }) => hex(head.head).startsWith(prefix?.toLowerCase() ?? ''));
  const [only] = meant;
  if (only === undefined || meant.length > 1) {
    throw new Failure('machine/journal-unclear', { machine, journals: journals.length, meant: meant.length });
  }
  return only;
}

const releaseRow = z.object({ message: bytes.nullable() });

/** The RELEASE that the machine has not acted on yet. */
export async function waitingRelease(
  ports: LicensingPorts,
  transaction: Transaction,
  { machine, epoch }: Standing,
): Promise<Release | null> {
  const sql = 'select message from licensing.release where machine = $1 and epoch = $2 and begun is null';
  const row = await one(transaction, releaseRow, sql, [machine, epoch + 1]);
  return row?.message == null ? null : (readProof(ports, machine, row.message)?.release ?? null);
}

/**
 * The RELEASE by which the machine says that it has begun a later epoch; null when it says no such thing, or names one that
 * licensing did not sign or has replaced by another. What the database has lost is believed by our own signature.
 */
export async function releaseBehind(
  ports: LicensingPorts,
  transaction: Transaction,
  standing: Standing,
  { epoch, released, proof }: Payload<'HEAD'>,
): Promise<Release | null> {
  if (released === null || epoch <= standing.epoch) return null;
  const sql = 'select message from licensing.release where machine = $1 and epoch = $2';
  const row = await one(transaction, releaseRow, sql, [standing.machine, epoch]);
  const known = row?.message ?? proof;
  const release = known === null ? null : (readProof(ports, standing.machine, known)?.release ?? null);
  return release !== null && release.epoch === epoch && sameBytes(release.digest, released.release) ? release : null;
}

/** Begins the epoch: what was unspent is owed again, and no one-time key of the old epoch is used any more. */
export async function beginEpoch(
  ports: LicensingPorts,
  transaction: Transaction,
  { machine }: Standing,
  release: Release,
  { released }: Payload<'HEAD'>,
): Promise<Standing> {
  const { clock, log } = ports;
  await transaction.query('delete from licensing.prekey where machine = $1 and assigned is null', [machine]);
  await transaction.query(
    `update licensing.standing set epoch = $2, head_index = $3, head = $4, quarantine = null,
       seq = greatest(seq, $5), batch = $6, batch_digest = $7 where machine = $1`,
    [
      machine,
      release.epoch,
      release.head.index,
      release.head.head,
      release.seq,
      release.batch.number,
      release.batch.digest,
    ],
  );
  await transaction.query('insert into licensing.head (machine, epoch, index, head) values ($1, $2, $3, $4)', [
    machine,
    release.epoch,
    release.head.index,
    release.head.head,
  ]);
  await transaction.query(
    `insert into licensing.release (machine, epoch, person, reason, at, message, digest, begun)
     values ($1, $2, $3, $4, $5, $6, $7, $5)
     on conflict (machine, epoch) do update set begun = excluded.begun`,
    [machine, release.epoch, release.person, release.reason, clock.now(), release.message, release.digest],
  );
  const ended = released?.ended ?? [];
  const owed = await entitle(ports, transaction, machine, {
    because: 'release',
    ended,
    heir: machine,
    due: clock.now(),
    cap: ports.policy.reissuesPerRelease,
  });
  log.warn('epoch-begun', { machine, epoch: release.epoch, reissues: owed, destroyed: released?.unspent.length ?? 0 });
  return lockStanding(transaction, machine);
}
