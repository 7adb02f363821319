import { z } from 'zod';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { decodeCbor } from '#wire/cbor.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import { messages } from '#wire/messages.ts';
import { bytes, whole } from '../database/columns.ts';
import { all, type Queries } from '../database/database.ts';
import { issueLicence } from './issue-licence.ts';
import { licenceOf } from './outcomes.ts';
import type { LicensingPorts } from './ports.ts';
import { lockGoodStanding } from './standing.ts';

/** A claim that was refused and has not been granted since. */
export interface RefusedClaim {
  readonly machine: string;
  readonly kid: Uint8Array;
  readonly cti: Uint8Array;
  /** Why it was refused. */
  readonly code: string;
  readonly at: number;
}

/** Who grants a claim that was refused, and why. */
export interface ClaimGrant {
  readonly machine: string;
  /** Beginning of the use's kid, hexadecimal. */
  readonly kid: string;
  readonly person: string;
  readonly reason: string;
}

const row = z.object({ machine: z.string(), kid: bytes, cti: bytes, digest: bytes, at: whole, answer: bytes });

type Row = z.output<typeof row>;

/** Claims above a cap, or of drinks that had begun: a person decides about them. Oldest first, at most 256. */
export async function refusedClaims(queries: Queries): Promise<RefusedClaim[]> {
  const rows = await refusedRows(queries);
  return rows.map(({ machine, kid, cti, at, answer }) => ({ machine, kid, cti, at, code: codeOf(answer) }));
}

/**
 * Licenses a use again whose claim was refused, by a person's decision; the machine's next sync brings it. The claim itself
 * keeps the answer that it got, and the daily cap is not touched. A use of which two stories were told is never granted.
 * @throws Failure `licence/none` when no such claim waits, `licence/spent`, `licence/prekeys-missing`, `recipe/unknown`,
 * `recipe/revoked`, `machine/revoked`, `machine/quarantined`
 */
export async function grantClaim(ports: LicensingPorts, grant: ClaimGrant): Promise<number> {
  const { machine, person, reason } = grant;
  const seq = await ports.database.transaction(async (transaction) => {
    const standing = await lockGoodStanding(transaction, machine);
    const claim = chosen(await refusedRows(transaction), grant);
    if (codeOf(claim.answer) === 'licence/spent') throw new Failure('licence/spent', { kid: hex(claim.kid) });
    const licence = await licenceOf(transaction, claim);
    const because = { replaces: claim.digest };
    const next = await issueLicence(ports, transaction, standing, { ...licence, quantity: 1, because });
    const sql = `update licensing.outcome set granted_by = $3, granted_because = $4, granted_seq = $5
      where machine = $1 and kid = $2`;
    await transaction.query(sql, [machine, claim.kid, person, reason, next]);
    return next;
  });
  ports.outbox.wake();
  ports.log.warn('claim-granted-by-hand', { machine, kid: grant.kid, person, reason, seq });
  return seq;
}

function refusedRows(queries: Queries): Promise<Row[]> {
  return all(
    queries,
    row,
    `select o.machine, o.kid, s.cti, o.digest, o.at, o.answer from licensing.outcome o
     join licensing.slot s on s.machine = o.machine and s.kid = o.kid
     where o.kind = 'claim' and o.answer is not null and o.granted_seq is null order by o.at, o.kid limit 256`,
  );
}

function chosen(rows: readonly Row[], { machine, kid }: ClaimGrant): Row {
  const [found, more] = rows.filter((one) => one.machine === machine && hex(one.kid).startsWith(kid));
  if (found === undefined || more !== undefined) throw new Failure('licence/none', { machine, kid });
  return found;
}

/** The code in a REFUSED that licensing signed and kept itself. */
function codeOf(answer: Uint8Array): string {
  const { schema, maxBytes } = messages.REFUSED;
  return schema.parse(decodeCbor(decodeSign1(answer, maxBytes).payload, maxBytes)).code;
}
