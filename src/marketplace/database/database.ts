import type { z } from 'zod';
import { invariant } from '#shared/failure.ts';

/** What may stand for `$1`, `$2` …; JSON travels as text. */
export type Parameter = string | number | bigint | boolean | null | Uint8Array;

/** Runs SQL of PostgreSQL 15, values always as parameters. */
export interface Queries {
  query(sql: string, parameters?: readonly Parameter[]): Promise<readonly unknown[]>;
}

/** Statements of one transaction: all of them stand, or none. Use it until `transaction` answers, not after. */
export interface Transaction extends Queries {
  readonly inTransaction: true;
}

/**
 * A PostgreSQL database. Inside `transaction` only the transaction given may be queried: an embedded database has one
 * connection, and waiting for the outer one would never end.
 */
export interface Database extends Queries, AsyncDisposable {
  /** Commits when `work` resolves, rolls back when it rejects, and rejects with the same. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Runs a file of statements without parameters. */
  script(sql: string): Promise<void>;
}

/** All rows, each checked against `row`. */
export async function all<S extends z.ZodType>(
  queries: Queries,
  row: S,
  sql: string,
  parameters: readonly Parameter[] = [],
): Promise<z.output<S>[]> {
  const rows = await queries.query(sql, parameters);
  return rows.map((found) => row.parse(found));
}

/** The only row, or null when there is none. */
export async function one<S extends z.ZodType>(
  queries: Queries,
  row: S,
  sql: string,
  parameters: readonly Parameter[] = [],
): Promise<z.output<S> | null> {
  const rows = await all(queries, row, sql, parameters);
  invariant(rows.length <= 1, 'at most one row');
  return rows[0] ?? null;
}
