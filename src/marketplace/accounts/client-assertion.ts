import { compactVerify, decodeJwt } from 'jose';
import { z } from 'zod';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import { machineId } from '#wire/fields.ts';
import type { Database } from '../database/database.ts';
import type { EnrolledMachine, Machines } from './machines.ts';

/** RFC 7523 §3; whoever sends more than this meant something else. */
const claims = z.strictObject({
  iss: machineId,
  sub: machineId,
  aud: z.string().max(200),
  jti: z.string().min(16).max(64),
  iat: z.int().optional(),
  nbf: z.int().optional(),
  exp: z.int(),
});

const longestLife = 60;
const clockSlack = 30;

/**
 * The machine that signed a client assertion (private_key_jwt) with its enrolled key, for `issuer` alone, at most 60
 * seconds ahead, never twice.
 * @throws Failure `marketplace/not-authorised`
 */
export async function machineOfAssertion(
  { database, machines, issuer }: { database: Database; machines: Machines; issuer: string },
  assertion: string,
  at: Instant,
): Promise<EnrolledMachine> {
  const told = readClaims(() => decodeJwt(assertion));
  const machine = await enrolled(machines, told.iss);
  const { payload } = await refusing(() => compactVerify(assertion, machine.key, { algorithms: ['RS256', 'PS256'] }));
  const verified = readClaims(() => JSON.parse(new TextDecoder().decode(payload)) as unknown);
  const seconds = Math.floor(at / 1000);
  if (verified.iss !== verified.sub || verified.iss !== machine.machine) throw refused('issuer and subject differ');
  if (verified.aud !== issuer) throw refused('for somebody else');
  if (verified.exp <= seconds || verified.exp > seconds + longestLife + clockSlack)
    throw refused('run out, or too long');
  if ((verified.nbf ?? 0) > seconds + clockSlack || (verified.iat ?? 0) > seconds + clockSlack)
    throw refused('too early');
  await useOnce(database, machine.machine, verified, seconds);
  return machine;
}

async function useOnce(
  database: Database,
  machine: string,
  { jti, exp }: z.output<typeof claims>,
  seconds: number,
): Promise<void> {
  await database.query('delete from accounts.assertion where expires < $1', [seconds]);
  const sql =
    'insert into accounts.assertion (machine, jti, expires) values ($1, $2, $3) on conflict do nothing returning jti';
  if ((await database.query(sql, [machine, jti, exp])).length === 0) throw refused('used before');
}

async function enrolled(machines: Machines, machine: string): Promise<EnrolledMachine> {
  try {
    return await machines.find(machine);
  } catch (error) {
    throw isFailure(error, 'marketplace/unknown-machine') ? refused('not enrolled', error) : error;
  }
}

function readClaims(read: () => unknown): z.output<typeof claims> {
  try {
    return claims.parse(read());
  } catch (error) {
    throw refused('not a client assertion', error);
  }
}

async function refusing<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (error) {
    throw refused('the signature is wrong', error);
  }
}

function refused(reason: string, cause?: unknown): Failure {
  return new Failure('marketplace/not-authorised', { reason }, cause);
}
