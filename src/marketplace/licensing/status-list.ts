import { z } from 'zod';
import type { Payload } from '#wire/messages.ts';
import { packBits } from '#wire/status-bits.ts';
import { sealMessage } from '#wire/signed-message.ts';
import { bytes, whole } from '../database/columns.ts';
import { all, one, type Queries, type Transaction } from '../database/database.ts';
import type { LicensingPorts } from './ports.ts';
import { type RevocationTarget, revoked } from './revocations.ts';

/** The one list of this marketplace: its name, as licences have it. */
export const statusListOf = (issuer: string): string => `${issuer}/v1/status/1`;

const lifetimeMs = 24 * 3600 * 1000;

const listRow = z.object({ number: whole, issued: whole, revocation: whole, message: bytes });
const idxRow = z.object({ idx: whole });

/**
 * The signed STATUS_LIST: the last one while nothing was revoked since and half of its life is left, else a new one with the
 * next number.
 */
export function statusList(ports: LicensingPorts): Promise<Uint8Array> {
  const { database, clock } = ports;
  return database.transaction(async (transaction) => {
    // two requests at once must not make two lists of one number
    await transaction.query('lock table licensing.status_list in exclusive mode');
    const sql = 'select number, issued, revocation, message from licensing.status_list order by number desc limit 1';
    const last = await one(transaction, listRow, sql);
    const revocation = await highest(transaction, 'select coalesce(max(number), 0) as idx from licensing.revocation');
    const isFresh = last !== null && last.issued > clock.now() - lifetimeMs / 2;
    if (isFresh && last.revocation === revocation) return last.message;
    const payload = await contents(ports, transaction, last?.number ?? 0);
    const message = await sealMessage('STATUS_LIST', payload, ports.signer);
    await transaction.query(
      'insert into licensing.status_list (number, issued, expires, revocation, message) values ($1, $2, $3, $4, $5)',
      [payload.number, payload.issued, payload.expires, revocation, message],
    );
    await transaction.query('delete from licensing.status_list where number < $1', [payload.number]);
    return message;
  });
}

/** A place in the list for one more licence. */
export async function nextStatusIdx(transaction: Transaction): Promise<number> {
  return highest(transaction, "select nextval('licensing.status_idx') as idx");
}

async function contents(
  { clock, issuer }: LicensingPorts,
  transaction: Transaction,
  last: number,
): Promise<Payload<'STATUS_LIST'>> {
  const targets = await revoked(transaction);
  const only = <T extends RevocationTarget['t']>(t: T): Extract<RevocationTarget, { t: T }>[] =>
    targets.filter((target): target is Extract<RevocationTarget, { t: T }> => target.t === t);
  const issued = clock.now();
  return {
    list: statusListOf(issuer),
    // goes up even where the database is a restored one
    number: Math.max(last + 1, Math.floor(issued / 1000)),
    issued,
    expires: issued + lifetimeMs,
    bits: await bits(transaction),
    machines: only('machine').map(({ machine }) => machine),
    authors: only('author').map(({ name, since }) => ({ name, since })),
    recipes: only('recipe').map(({ recipe, version }) => ({ recipe, version })),
  };
}

async function bits(transaction: Transaction): Promise<Uint8Array> {
  const size = 1 + (await highest(transaction, 'select coalesce(max(status_idx), 0) as idx from licensing.licence'));
  const rows = await all(
    transaction,
    idxRow,
    `select status_idx as idx from licensing.licence
     where encode(cti, 'hex') in (select name from licensing.revocation where kind = 'licence')`,
  );
  return packBits(
    rows.map(({ idx }) => idx),
    size,
  );
}

async function highest(queries: Queries, sql: string): Promise<number> {
  return (await one(queries, idxRow, sql))?.idx ?? 0;
}
