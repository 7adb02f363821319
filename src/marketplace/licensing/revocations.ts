import { z } from 'zod';
import { fromHex, hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Payload } from '#wire/messages.ts';
import { messages } from '#wire/messages.ts';
import { sealMessage } from '#wire/signed-message.ts';
import { whole } from '../database/columns.ts';
import { all, one, type Queries } from '../database/database.ts';
import type { LicensingPorts } from './ports.ts';

/** What is revoked. */
export type RevocationTarget = Payload<'REVOKE'>['target'];

const row = z.object({
  kind: z.enum(['licence', 'machine', 'author', 'recipe']),
  name: z.string(),
  since: whole.nullable(),
  version: whole.nullable(),
});

const machineRow = z.object({ machine: z.string() });
const countRow = z.object({ count: whole });

/** How many of a kind one STATUS_LIST can name. */
const roomFor = { machine: 256, author: 64, recipe: 256, licence: 2 ** 24 } as const;

/**
 * Revokes a licence, machine, author or recipe, by a person's decision: it stands in the next STATUS_LIST, the machines
 * concerned get a REVOKE at once, and nothing more is licensed. What is revoked already stays so.
 * @throws Failure `licence/none` for a licence that was never issued, `marketplace/refused` when the list is full
 */
export async function revoke(
  ports: LicensingPorts,
  target: RevocationTarget,
  person: string,
  reason: string,
): Promise<void> {
  const { database, clock, signer, outbox, log } = ports;
  const payload = messages.REVOKE.schema.parse({ target, reason, time: clock.now() });
  const message = await sealMessage('REVOKE', payload, signer);
  await database.transaction(async (transaction) => {
    const machines = await concerned(transaction, target);
    if (target.t === 'licence' && machines.length === 0) throw new Failure('licence/none', {});
    if (await isFull(transaction, target.t))
      throw new Failure('marketplace/refused', { reason: 'status list is full' });
    const { name, since, version } = columnsOf(target);
    await transaction.query(
      `insert into licensing.revocation (kind, name, since, version, reason, person, at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [target.t, name, since, version, reason, person, clock.now()],
    );
    for (const machine of machines) await outbox.putRevocation(transaction, machine, message);
  });
  log.warn('revoked', { kind: target.t, name: columnsOf(target).name, person, reason });
  outbox.wake();
}

/** The machines that may hold what is revoked. */
async function concerned(queries: Queries, target: RevocationTarget): Promise<string[]> {
  if (target.t === 'machine') return [target.machine];
  const rows =
    target.t === 'licence'
      ? await all(queries, machineRow, 'select machine from licensing.licence where cti = $1', [target.cti])
      : await all(queries, machineRow, 'select machine from licensing.standing order by machine');
  return rows.map(({ machine }) => machine);
}

async function isFull(queries: Queries, kind: RevocationTarget['t']): Promise<boolean> {
  const sql = 'select count(*) as count from licensing.revocation where kind = $1';
  return ((await one(queries, countRow, sql, [kind]))?.count ?? 0) >= roomFor[kind];
}

function columnsOf(target: RevocationTarget): { name: string; since: number | null; version: number | null } {
  switch (target.t) {
    case 'licence':
      return { name: hex(target.cti), since: null, version: null };
    case 'machine':
      return { name: target.machine, since: null, version: null };
    case 'author':
      return { name: target.name, since: target.since, version: null };
    case 'recipe':
      return { name: hex(target.recipe), since: null, version: target.version };
  }
}

/** Everything that is revoked. */
export async function revoked(queries: Queries): Promise<RevocationTarget[]> {
  const rows = await all(
    queries,
    row,
    'select distinct kind, name, since, version from licensing.revocation order by kind, name',
  );
  return rows.map(({ kind, name, since, version }) => {
    switch (kind) {
      case 'licence':
        return { t: kind, cti: fromHex(name) };
      case 'machine':
        return { t: kind, machine: name };
      case 'author':
        return { t: kind, name, since: since ?? 0 };
      case 'recipe':
        return { t: kind, recipe: fromHex(name), version };
    }
  });
}

/** @throws Failure `machine/revoked` */
export async function requireServed(queries: Queries, machine: string): Promise<void> {
  const sql = "select count(*) as count from licensing.revocation where kind = 'machine' and name = $1";
  const found = await one(queries, countRow, sql, [machine]);
  if ((found?.count ?? 0) > 0) throw new Failure('machine/revoked', { machine });
}

/**
 * Whether a licence for the recipe of this author, issued at `at` (seconds), would be revoked from the start.
 */
export async function isRecalled(
  queries: Queries,
  { recipe, version, author }: { readonly recipe: Uint8Array; readonly version: number; readonly author: string },
  at: number,
): Promise<boolean> {
  const sql = `select count(*) as count from licensing.revocation
    where (kind = 'recipe' and name = $1 and (version is null or version = $2))
       or (kind = 'author' and name = $3 and since <= $4)`;
  const found = await one(queries, countRow, sql, [hex(recipe), version, author, at]);
  return (found?.count ?? 0) > 0;
}
