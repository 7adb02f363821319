import { z } from 'zod';
import { Failure, invariant } from '#shared/failure.ts';
import { bytes, whole } from '../database/columns.ts';
import { one, type Queries, type Transaction } from '../database/database.ts';

/** A place in a machine's journal. */
export interface Head {
  readonly index: number;
  readonly head: Uint8Array;
}

/** What licensing knows of one machine. */
export interface Standing {
  readonly machine: string;
  readonly epoch: number;
  /** Sequence number of its last licence, 0 before the first. */
  readonly seq: number;
  readonly batch: number;
  readonly batchDigest: Uint8Array | null;
  /** The latest head that was countersigned in this epoch. */
  readonly head: Head | null;
  /** The signed QUARANTINE, while it lasts. */
  readonly quarantine: Uint8Array | null;
  /** Decommissioned or lost: nothing is ever sold to it again. */
  readonly retired: boolean;
}

const standingRow = z
  .object({
    machine: z.string(),
    epoch: whole,
    seq: whole,
    batch: whole,
    batch_digest: bytes.nullable(),
    head_index: whole.nullable(),
    head: bytes.nullable(),
    quarantine: bytes.nullable(),
    retired: z.boolean(),
  })
  .transform(
    ({ batch_digest, head_index, head, ...rest }): Standing => ({
      ...rest,
      batchDigest: batch_digest,
      head: head_index === null || head === null ? null : { index: head_index, head },
    }),
  );

const columns = 'machine, epoch, seq, batch, batch_digest, head_index, head, quarantine, retired';

/** Locks the machine's row until the end of the transaction, making it when it is the first. */
export async function lockStanding(transaction: Transaction, machine: string): Promise<Standing> {
  await transaction.query('insert into licensing.standing (machine) values ($1) on conflict do nothing', [machine]);
  const sql = `select ${columns} from licensing.standing where machine = $1 for update`;
  const standing = await one(transaction, standingRow, sql, [machine]);
  invariant(standing !== null, 'the row was made');
  return standing;
}

/** The same, and @throws Failure `machine/quarantined` while it is, `machine/retired`. */
export async function lockGoodStanding(transaction: Transaction, machine: string): Promise<Standing> {
  const standing = await lockStanding(transaction, machine);
  requireGood(standing);
  return standing;
}

/** @throws Failure `machine/quarantined`, `machine/retired` */
export async function requireGoodStanding(queries: Queries, machine: string): Promise<void> {
  const sql = `select ${columns} from licensing.standing where machine = $1`;
  const standing = await one(queries, standingRow, sql, [machine]);
  if (standing !== null) requireGood(standing);
}

function requireGood({ machine, quarantine, retired }: Standing): void {
  if (retired) throw new Failure('machine/retired', { machine });
  if (quarantine !== null) throw new Failure('machine/quarantined', { machine });
}
