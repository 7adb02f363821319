import { z } from 'zod';
import { hex } from '#shared/entropy.ts';
import type { Payload } from '#wire/messages.ts';
import { bytes, whole } from '../database/columns.ts';
import { all, type Queries, type Transaction } from '../database/database.ts';
import type { LicensingPorts } from './ports.ts';
import type { Head, Standing } from './standing.ts';

/** A journal that reports under the name of a machine in quarantine. */
export interface Suspect {
  readonly head: Head;
  readonly lastSeq: number;
  readonly batch: { readonly number: number; readonly digest: Uint8Array | null };
  /** When it was seen first; milliseconds since 1970. */
  readonly at: number;
}

const suspectRow = z
  .object({ index: whole, head: bytes, last_seq: whole, batch: whole, batch_digest: bytes.nullable(), at: whole })
  .transform(
    ({ index, head, last_seq, batch, batch_digest, at }): Suspect => ({
      head: { index, head },
      lastSeq: last_seq,
      batch: { number: batch, digest: batch_digest },
      at,
    }),
  );

/** Journals under one name that are kept; the one that was seen first makes room, and comes back with its next report. */
const suspectLimit = 16;

/** Keeps which journal has reported, so that a person can say which one goes on. */
export async function rememberSuspect(
  { clock, log }: LicensingPorts,
  transaction: Transaction,
  { machine, epoch }: Standing,
  { journal, last_seq, batch }: Payload<'HEAD'>,
): Promise<void> {
  const before = await suspects(transaction, machine, epoch);
  const added = await transaction.query(
    `insert into licensing.suspect (machine, epoch, index, head, last_seq, batch, batch_digest, at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning index`,
    [machine, epoch, journal.index, journal.head, last_seq, batch.number, batch.digest, clock.now()],
  );
  if (added.length === 0 || before.length === 0) return;
  const [oldest] = before;
  if (oldest !== undefined && before.length >= suspectLimit) {
    const sql = 'delete from licensing.suspect where machine = $1 and epoch = $2 and index = $3 and head = $4';
    await transaction.query(sql, [machine, epoch, oldest.head.index, oldest.head.head]);
  }
  log.error('second-journal-of-machine', {
    machine,
    head: hex(journal.head).slice(0, 16),
    code: 'machine/quarantined',
  });
}

/** The journals that reported in quarantine, the one seen first first. */
export function suspects(queries: Queries, machine: string, epoch: number): Promise<Suspect[]> {
  const sql = `select index, head, last_seq, batch, batch_digest, at from licensing.suspect
    where machine = $1 and epoch = $2 order by at, index`;
  return all(queries, suspectRow, sql, [machine, epoch]);
}
