import { z } from 'zod';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { publicKeyOf } from '#wire/verify-sign1.ts';
import { type Authentic, sha256 } from '#wire/signed-message.ts';
import { bytes, whole } from '../database/columns.ts';
import { all, one, type Transaction } from '../database/database.ts';
import { openMachineMessage } from './machine-message.ts';
import type { LicensingPorts } from './ports.ts';
import { lockGoodStanding, type Standing } from './standing.ts';

export interface Prekey {
  readonly kid: Uint8Array;
  readonly spki: Uint8Array;
}

const prekeyRow = z.object({ kid: bytes, spki: bytes });
const freeRow = z.object({ free: whole });

/**
 * Takes the next batch of one-time keys; the last batch again changes nothing.
 * @throws Failure `licence/gap` when a batch is missing before it, `marketplace/duplicate` when its number was used for
 * another, `licence/key-assigned` for a key that was sent before, `marketplace/refused` when the pool is full
 */
export async function acceptPrekeys(ports: LicensingPorts, machine: string, message: Uint8Array): Promise<void> {
  const batch = openMachineMessage(ports, 'PREKEYS', machine, message);
  for (const { kid, spki } of batch.payload.keys) requirePrekey(kid, spki);
  await ports.database.transaction(async (transaction) => {
    const standing = await lockGoodStanding(transaction, machine);
    if (isRepeated(standing, batch)) return;
    await requireRoom(transaction, machine, batch.payload.keys.length, ports.policy.prekeyPool);
    for (const [ordinal, { kid, spki }] of batch.payload.keys.entries()) {
      const inserted = await transaction.query(
        `insert into licensing.prekey (machine, kid, spki, batch, ordinal) values ($1, $2, $3, $4, $5)
         on conflict do nothing returning kid`,
        [machine, kid, spki, batch.payload.batch, ordinal],
      );
      if (inserted.length === 0) throw new Failure('licence/key-assigned', { machine });
    }
    await transaction.query('update licensing.standing set batch = $2, batch_digest = $3 where machine = $1', [
      machine,
      batch.payload.batch,
      batch.digest,
    ]);
  });
}

/** Whether the batch is the last one again; @throws Failure when it is neither that nor the next. */
function isRepeated({ batch, batchDigest }: Standing, { payload, digest }: Authentic<'PREKEYS'>): boolean {
  if (payload.batch > batch + 1) throw new Failure('licence/gap', { last: batch, got: payload.batch });
  if (payload.batch <= batch) {
    if (payload.batch === batch && batchDigest !== null && sameBytes(batchDigest, digest)) return true;
    throw new Failure('marketplace/duplicate', { batch: payload.batch });
  }
  const previous = payload.previous;
  const follows = batchDigest === null ? previous === null : previous !== null && sameBytes(previous, batchDigest);
  if (!follows) throw new Failure('marketplace/duplicate', { batch: payload.batch, reason: 'another batch before it' });
  return false;
}

function requirePrekey(kid: Uint8Array, spki: Uint8Array): void {
  const { asymmetricKeyType, asymmetricKeyDetails } = publicKeyOf(spki);
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (asymmetricKeyType !== 'rsa' || bits < 2048 || bits > 4096 || !sameBytes(sha256(spki), kid)) {
    throw new Failure('message/malformed', { reason: 'not a prekey' });
  }
}

async function requireRoom(transaction: Transaction, machine: string, more: number, pool: number): Promise<void> {
  const sql = 'select count(*) as free from licensing.prekey where machine = $1 and assigned is null';
  const row = await one(transaction, freeRow, sql, [machine]);
  if ((row?.free ?? 0) + more > pool) throw new Failure('marketplace/refused', { reason: 'prekey pool is full', pool });
}

/**
 * Assigns the oldest `quantity` free prekeys to the licence `seq`.
 * @throws Failure `licence/prekeys-missing` when there are not so many
 */
export async function assignPrekeys(
  transaction: Transaction,
  machine: string,
  seq: number,
  quantity: number,
): Promise<Prekey[]> {
  const keys = await all(
    transaction,
    prekeyRow,
    `select kid, spki from licensing.prekey where machine = $1 and assigned is null
     order by batch, ordinal limit $2 for update`,
    [machine, quantity],
  );
  if (keys.length < quantity) throw new Failure('licence/prekeys-missing', { machine, wanted: quantity });
  for (const { kid } of keys) {
    await transaction.query('update licensing.prekey set assigned = $3 where machine = $1 and kid = $2', [
      machine,
      kid,
      seq,
    ]);
  }
  return keys;
}
