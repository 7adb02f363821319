import { z } from 'zod';
import { Failure } from '#shared/failure.ts';
import type { MachineClaims } from '#wire/certificate-chain.ts';
import { type Authentic, openMessage } from '#wire/signed-message.ts';
import { bytes, whole } from '../database/columns.ts';
import { one, type Transaction } from '../database/database.ts';
import type { LicensingPorts } from './ports.ts';
import { entitle } from './reissue.ts';
import { lockStanding, type Standing } from './standing.ts';

/** What is owed to whoever follows a machine. */
export interface Estate {
  readonly machine: string;
  /** Uses that will be licensed again. */
  readonly uses: number;
  /** From when on; milliseconds since 1970. */
  readonly due: number;
}

const farewellRow = z.object({ message: bytes.nullable(), due: whole, heir: z.string().nullable() });

/**
 * Takes a machine's last word: its keys are destroyed, and its unspent uses are owed to its heir. What a machine says whose
 * journal is in quarantine, or of another epoch, counts as little as a loss report. A repeat answers the same.
 * @throws Failure `message/not-authentic`
 */
export async function bookDecommission(ports: LicensingPorts, message: Uint8Array): Promise<Estate> {
  const farewell = openMessage('DECOMMISSION', message, ports.anchors, ports.clock.now());
  const { machine } = farewell.payload;
  if (farewell.from.name !== machine) throw new Failure('message/not-authentic', { reason: 'another machine' });
  return ports.database.transaction(async (transaction) => {
    const standing = await lockStanding(transaction, machine);
    const before = await estateOf(transaction, machine);
    return before ?? retire(ports, transaction, standing, decommission(ports, standing, farewell));
  });
}

function decommission(
  { clock, policy }: LicensingPorts,
  { epoch, quarantine }: Standing,
  { payload, bytes: message }: Authentic<'DECOMMISSION'>,
): Farewell {
  const believed = quarantine === null && payload.epoch === epoch;
  return {
    because: 'decommission',
    message,
    ended: payload.ended,
    reason: believed ? 'decommissioned' : 'decommissioned in quarantine',
    due: believed ? clock.now() : clock.now() + policy.lossHoldMs,
    cap: believed ? policy.reissuesPerRelease : policy.reissuesAfterLoss,
    operator: null,
    technician: null,
  };
}

/** A token that cannot speak for itself any more: two people say so. */
export interface LossReport {
  readonly machine: string;
  readonly operator: string;
  readonly technician: string;
  readonly reason: string;
}

/**
 * Retires a machine whose token is dead or gone. Its unspent uses are owed to its heir after a time in which what it still
 * holds runs stale, and up to a cap: nobody has proven that they are unspent.
 * @throws Failure `machine/two-people` unless two people report it, `machine/retired`, `marketplace/unknown-machine`
 */
export async function reportLoss(ports: LicensingPorts, report: LossReport): Promise<Estate> {
  const { machine, operator, technician, reason } = report;
  if (operator.trim().toLowerCase() === technician.trim().toLowerCase()) throw new Failure('machine/two-people');
  const { clock, policy } = ports;
  return ports.database.transaction(async (transaction) => {
    const standing = await lockStanding(transaction, machine);
    if (standing.retired) throw new Failure('machine/retired', { machine });
    const due = clock.now() + policy.lossHoldMs;
    const cap = policy.reissuesAfterLoss;
    const farewell = { because: 'loss', message: null, ended: [], reason, due, cap, operator, technician } as const;
    return retire(ports, transaction, standing, farewell);
  });
}

interface Farewell {
  readonly because: 'decommission' | 'loss';
  readonly message: Uint8Array | null;
  readonly ended: readonly Uint8Array[];
  readonly reason: string;
  readonly due: number;
  readonly cap: number;
  readonly operator: string | null;
  readonly technician: string | null;
}

async function retire(
  ports: LicensingPorts,
  transaction: Transaction,
  { machine }: Standing,
  { because, message, ended, reason, due, cap, operator, technician }: Farewell,
): Promise<Estate> {
  await transaction.query('update licensing.standing set retired = true where machine = $1', [machine]);
  await transaction.query('delete from licensing.prekey where machine = $1 and assigned is null', [machine]);
  await transaction.query(
    `insert into licensing.farewell (machine, at, message, operator, technician, reason, due)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [machine, ports.clock.now(), message, operator, technician, reason, due],
  );
  const owed = { because, ended, heir: null, due, cap };
  const uses = await entitle(ports, transaction, machine, owed);
  ports.log.warn('machine-retired', { machine, because, reason, uses, ...(operator && { operator, technician }) });
  return { machine, uses, due };
}

const countRow = z.object({ count: whole });

async function estateOf(transaction: Transaction, machine: string): Promise<Estate | null> {
  const sql = 'select message, due, heir from licensing.farewell where machine = $1';
  const row = await one(transaction, farewellRow, sql, [machine]);
  if (row === null) return null;
  return { machine, uses: await usesOwed(transaction, machine), due: row.due };
}

async function usesOwed(transaction: Transaction, machine: string): Promise<number> {
  const sql = `select count(*) as count from licensing.reissue
    where machine = $1 and because <> 'release' and refused is null`;
  return (await one(transaction, countRow, sql, [machine]))?.count ?? 0;
}

/** A machine that takes the place of one that was retired. */
export interface Heir {
  readonly machine: string;
  readonly claims: MachineClaims;
}

/**
 * Makes `heir` the successor of a retired machine: what is owed is licensed to its one-time keys when it is due. The same
 * again changes nothing.
 * @throws Failure `machine/not-retired`, `machine/retired` for an heir that is, `marketplace/duplicate` when another is heir
 */
export async function succeed(
  ports: LicensingPorts,
  transaction: Transaction,
  machine: string,
  heir: Heir,
): Promise<Estate> {
  const sql = 'select message, due, heir from licensing.farewell where machine = $1 for update';
  const farewell = await one(transaction, farewellRow, sql, [machine]);
  if (farewell === null) throw new Failure('machine/not-retired', { machine });
  const { retired } = await lockStanding(transaction, heir.machine);
  if (retired) throw new Failure('machine/retired', { machine: heir.machine });
  if (farewell.heir !== null && farewell.heir !== heir.machine) {
    throw new Failure('marketplace/duplicate', { machine, heir: farewell.heir });
  }
  await transaction.query('update licensing.farewell set heir = $2 where machine = $1', [machine, heir.machine]);
  // also what the machine itself had inherited and not got yet
  await transaction.query(
    `update licensing.reissue set heir = $2
     where seq is null and refused is null and (heir = $1 or (heir is null and machine = $1))`,
    [machine, heir.machine],
  );
  if (heir.claims.profile === 'S') await refuseSecret(transaction, heir.machine);
  const uses = await usesOwed(transaction, machine);
  ports.log.warn('machine-succeeded', { machine, heir: heir.machine, uses, due: farewell.due });
  return { machine, uses, due: farewell.due };
}

/** Recipes whose authors want the keys in the token only are not licensed to an heir that cannot keep them there. */
async function refuseSecret(transaction: Transaction, heir: string): Promise<void> {
  await transaction.query(
    `update licensing.reissue r set refused = 'machine/profile-too-low'
     from licensing.licence l join licensing.deposit d on d.recipe = l.recipe and d.version = l.version
     where r.cti = l.cti and r.heir = $1 and r.seq is null and d.min_profile = 'H'`,
    [heir],
  );
}
