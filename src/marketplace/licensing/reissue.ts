import { z } from 'zod';
import { hex } from '#shared/entropy.ts';
import { invariant, isFailure } from '#shared/failure.ts';
import { messages } from '#wire/messages.ts';
import { bytes, whole } from '../database/columns.ts';
import { all, one, type Transaction } from '../database/database.ts';
import { issueLicence } from './issue-licence.ts';
import type { LicensingPorts } from './ports.ts';
import { lockStanding } from './standing.ts';

/** Why unspent uses of a machine are licensed again, to whom, and how many at most. */
export interface Entitlement {
  readonly because: 'release' | 'decommission' | 'loss';
  /** Kids that the machine says are over: their USAGE or VOID_CLAIM follows. */
  readonly ended: readonly Uint8Array[];
  /** Machine that gets the new licences; null while there is none. */
  readonly heir: string | null;
  /** Not before; milliseconds since 1970. */
  readonly due: number;
  /** Uses at most; what is above it a person decides. */
  readonly cap: number;
}

const unspentRow = z.object({ kid: bytes, cti: bytes, expires: whole });

/**
 * Writes down that the machine's unspent uses are owed again: licensed, no outcome booked, not over by the machine's own
 * word, not run out, not revoked, and never owed before. Answers how many.
 */
export async function entitle(
  { clock, log }: LicensingPorts,
  transaction: Transaction,
  machine: string,
  { because, ended, heir, due, cap }: Entitlement,
): Promise<number> {
  const over = new Set(ended.map(hex));
  const rows = await all(
    transaction,
    unspentRow,
    `select s.kid, s.cti, l.expires from licensing.slot s join licensing.licence l on l.cti = s.cti
     where s.machine = $1 and l.expires > $2
       and not exists (select from licensing.outcome o where o.machine = s.machine and o.kid = s.kid)
       and not exists (select from licensing.reissue r where r.machine = s.machine and r.kid = s.kid)
       and not exists (select from licensing.revocation v where v.kind = 'licence' and v.name = encode(s.cti, 'hex'))
     order by l.seq, s.kid`,
    [machine, Math.floor(clock.now() / 1000)],
  );
  const unspent = rows.filter(({ kid }) => !over.has(hex(kid)));
  for (const [i, { kid, cti }] of unspent.entries()) {
    await transaction.query(
      `insert into licensing.reissue (machine, kid, cti, because, heir, due, refused)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [machine, kid, cti, because, heir, due, i < cap ? null : 'licence/claims-capped'],
    );
  }
  if (unspent.length > cap) {
    log.error('reissues-capped', { machine, because, unspent: unspent.length, cap, code: 'licence/claims-capped' });
  }
  return Math.min(cap, unspent.length);
}

const waitingRow = z.object({
  machine: z.string(),
  kid: bytes,
  cti: bytes,
  recipe: bytes,
  version: whole,
  manifest: bytes,
  terms: z.string().transform((text) => messages.OFFER.schema.shape.terms.parse(JSON.parse(text))),
  window_nbf: whole.nullable(),
  window_exp: whole.nullable(),
});

type Waiting = z.output<typeof waitingRow>;

/**
 * Licenses what is owed to `heir` and due, as far as it has free one-time keys: the uses of one licence as one licence.
 * To be followed by `outbox.wake`.
 */
export async function reissueWaiting(ports: LicensingPorts, transaction: Transaction, heir: string): Promise<void> {
  const rows = await all(
    transaction,
    waitingRow,
    `select r.machine, r.kid, r.cti, l.recipe, l.version, l.manifest, l.terms, l.window_nbf, l.window_exp
     from licensing.reissue r join licensing.licence l on l.cti = r.cti
     where r.heir = $1 and r.seq is null and r.refused is null and r.due <= $2 order by l.machine, l.seq, r.kid`,
    [heir, ports.clock.now()],
  );
  const licences = Map.groupBy(rows, ({ cti }) => hex(cti));
  let free = licences.size === 0 ? 0 : await freePrekeys(transaction, heir);
  for (const uses of licences.values()) {
    const now = uses.slice(0, free);
    if (now.length === 0) return;
    await reissue(ports, transaction, heir, now);
    free -= now.length;
  }
}

async function reissue(
  ports: LicensingPorts,
  transaction: Transaction,
  heir: string,
  uses: readonly Waiting[],
): Promise<void> {
  const [first] = uses;
  invariant(first !== undefined, 'at least one use is licensed again');
  const { machine, cti, window_nbf: nbf, window_exp: exp } = first;
  const window = nbf === null || exp === null ? {} : { window: { nbf, exp } };
  const kids = uses.map(({ kid }) => kid);
  const settle = async (column: 'seq' | 'refused', value: number | string): Promise<void> => {
    for (const kid of kids) {
      const sql = `update licensing.reissue set ${column} = $3 where machine = $1 and kid = $2`;
      await transaction.query(sql, [machine, kid, value]);
    }
  };
  try {
    const standing = await lockStanding(transaction, heir);
    const because = { reissues: { cti, kids } };
    const seq = await issueLicence(ports, transaction, standing, {
      ...first,
      ...window,
      quantity: kids.length,
      because,
    });
    await settle('seq', seq);
    ports.log.warn('uses-reissued', { machine, heir, seq, uses: kids.length });
  } catch (error) {
    // nothing was written yet: the recipe was withdrawn since, or the heir is not served now
    if (isFailure(error, 'machine/revoked')) return;
    if (!isFailure(error, 'recipe/unknown', 'recipe/digest-mismatch', 'recipe/revoked')) throw error;
    await settle('refused', error.code);
  }
}

const countRow = z.object({ count: whole });

async function freePrekeys(transaction: Transaction, machine: string): Promise<number> {
  const sql = 'select count(*) as count from licensing.prekey where machine = $1 and assigned is null';
  return (await one(transaction, countRow, sql, [machine]))?.count ?? 0;
}

const reissueRow = z.object({ seq: whole.nullable() });

/**
 * Whether the use is owed again, or was: then its key was destroyed unspent. Cancels what still waits: the machine says now
 * that the use is over.
 */
export async function cancelReissue(
  transaction: Transaction,
  machine: string,
  kid: Uint8Array,
): Promise<'never' | 'cancelled' | 'too-late'> {
  const sql = 'select seq from licensing.reissue where machine = $1 and kid = $2';
  const row = await one(transaction, reissueRow, sql, [machine, kid]);
  if (row === null) return 'never';
  if (row.seq !== null) return 'too-late';
  const cancel = "update licensing.reissue set refused = 'licence/spent' where machine = $1 and kid = $2";
  await transaction.query(cancel, [machine, kid]);
  return 'cancelled';
}
