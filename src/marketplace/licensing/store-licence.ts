import type { Payload } from '#wire/messages.ts';
import type { Transaction } from '../database/database.ts';

/** What of a stored licence its message does not say. */
export interface StoredAs {
  /** When it was issued, ms since 1970. */
  readonly issued: number;
  /** Its place in the status list; null when another licence has it. */
  readonly statusIdx: number | null;
  readonly acknowledged: boolean;
}

/** Writes a licence and its slots down, so that it can be fetched, revoked and claimed. */
export async function storeLicence(
  transaction: Transaction,
  { sub, seq, cti, recipe, version, manifest, terms, nbf, exp, replaces, slots }: Payload<'LICENCE'>,
  message: Uint8Array,
  { issued, statusIdx, acknowledged }: StoredAs,
): Promise<void> {
  const isWindow = terms.kind === 'window';
  await transaction.query(
    `insert into licensing.licence (machine, seq, cti, recipe, version, manifest, terms, issued, expires, status_idx,
       window_nbf, window_exp, replaces, message, acknowledged)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      sub,
      seq,
      cti,
      recipe,
      version,
      manifest,
      JSON.stringify(terms),
      issued,
      exp,
      statusIdx,
      isWindow ? nbf : null,
      isWindow ? exp : null,
      replaces ?? null,
      message,
      acknowledged,
    ],
  );
  for (const { kid } of slots) {
    await transaction.query('insert into licensing.slot (machine, kid, cti) values ($1, $2, $3)', [sub, kid, cti]);
  }
}
