import { PGlite } from '@electric-sql/pglite';
import type { Database, Parameter, Queries } from './database.ts';

/**
 * PostgreSQL embedded in this process, in `folder` or, when that is null, in memory. For demos and tests: there is one
 * connection and no log-in, so roles separate nothing.
 */
export async function openPglite(folder: string | null): Promise<Database> {
  const engine = folder === null ? await PGlite.create() : await PGlite.create(folder);
  return {
    ...queriesOf(engine),
    transaction: (work) =>
      engine.transaction((transaction) => work({ ...queriesOf(transaction), inTransaction: true })),
    script: async (sql) => {
      await engine.exec(sql);
    },
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

function queriesOf(engine: Pick<PGlite, 'query'>): Queries {
  return {
    query: async (sql: string, parameters: readonly Parameter[] = []) =>
      (await engine.query(sql, [...parameters])).rows,
  };
}
