import { z } from 'zod';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage } from '#wire/signed-message.ts';
import { bytes } from '../database/columns.ts';
import { one, type Transaction } from '../database/database.ts';
import type { LicensingPorts } from './ports.ts';
import { lockGoodStanding } from './standing.ts';
import { storeLicence } from './store-licence.ts';

const licenceRow = z.object({ cti: bytes });
const ownerRow = z.object({ machine: z.string() });

/**
 * Takes a LICENCE back that this licensing has issued and its database has lost; one that is known changes nothing. What
 * it cost was lost with the database, and is not asked for again.
 * @throws Failure `message/not-authentic` for another's licence or another machine's, `licence/forked` when its number is
 * another's, `licence/none` beyond the numbers that were learned from the machine's proof, `machine/quarantined`
 */
export async function recoverLicence(ports: LicensingPorts, machine: string, message: Uint8Array): Promise<void> {
  const { ownAnchors, clock, database, log } = ports;
  const { payload } = openMessage('LICENCE', message, ownAnchors, clock.now());
  if (payload.sub !== machine) throw new Failure('message/not-authentic', { reason: 'another machine' });
  await database.transaction(async (transaction) => {
    const { seq: last } = await lockGoodStanding(transaction, machine);
    const { seq, cti } = payload;
    const sql = 'select cti from licensing.licence where machine = $1 and seq = $2';
    const known = await one(transaction, licenceRow, sql, [machine, seq]);
    if (known !== null && sameBytes(known.cti, cti)) return;
    if (known !== null) throw new Failure('licence/forked', { machine, seq });
    if (seq > last) throw new Failure('licence/none', { machine, seq });
    await store(transaction, payload, message);
    if (payload.reissues !== undefined) await settle(transaction, machine, seq, payload.reissues);
    log.warn('licence-recovered', { machine, seq });
  });
}

/** The one-time keys that it took are not free any more, whether or not they are known. */
async function store(transaction: Transaction, licence: Payload<'LICENCE'>, message: Uint8Array): Promise<void> {
  const { sub: machine, seq, iat, slots, status } = licence;
  for (const { kid } of slots) {
    await transaction.query(
      `insert into licensing.prekey (machine, kid, spki, batch, ordinal, assigned) values ($1, $2, $3, 0, 0, $4)
       on conflict (machine, kid) do update set assigned = excluded.assigned`,
      [machine, kid, new Uint8Array(0), seq],
    );
  }
  const statusIdx = (await takeStatusIdx(transaction, status.idx)) ? status.idx : null;
  await storeLicence(transaction, licence, message, { issued: iat * 1000, statusIdx, acknowledged: true });
}

/** Keeps the licence's place in the status list from being given out again; false when another licence has it already. */
async function takeStatusIdx(transaction: Transaction, idx: number): Promise<boolean> {
  const next = "select setval('licensing.status_idx', greatest((select last_value from licensing.status_idx), $1))";
  await transaction.query(next, [idx]);
  const taken = await transaction.query('select seq from licensing.licence where status_idx = $1', [idx]);
  return taken.length === 0;
}

/** What it was issued for is not owed any more. */
async function settle(
  transaction: Transaction,
  heir: string,
  seq: number,
  { cti, kids }: NonNullable<Payload<'LICENCE'>['reissues']>,
): Promise<void> {
  const sql = 'select machine from licensing.licence where cti = $1';
  const owner = (await one(transaction, ownerRow, sql, [cti]))?.machine ?? heir;
  for (const kid of kids) {
    await transaction.query(
      `insert into licensing.reissue (machine, kid, cti, because, heir, due, seq)
       values ($1, $2, $3, 'release', $4, 0, $5)
       on conflict (machine, kid) do update set seq = excluded.seq, heir = excluded.heir`,
      [owner, kid, cti, heir, seq],
    );
  }
}
