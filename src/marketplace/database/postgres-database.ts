import postgres from 'postgres';
import type { Database, Parameter, Queries } from './database.ts';

/** A PostgreSQL server, 15 or newer, at `url` (`postgres://…`). */
export function openPostgres(url: string): Database {
  const engine = postgres(url, { max: 10, onnotice: () => undefined });
  return {
    ...queriesOf(engine),
    transaction: async (work) => {
      let answer: { value: Awaited<ReturnType<typeof work>> } | null = null;
      await engine.begin(async (transaction) => {
        answer = { value: await work({ ...queriesOf(transaction), inTransaction: true }) };
      });
      return (answer as unknown as { value: Awaited<ReturnType<typeof work>> }).value;
    },
    script: async (sql) => {
      await engine.unsafe(sql);
    },
    [Symbol.asyncDispose]: () => engine.end({ timeout: 5 }),
  };
}

function queriesOf(engine: Pick<postgres.Sql, 'unsafe'>): Queries {
  return {
    query: async (sql: string, parameters: readonly Parameter[] = []) => engine.unsafe(sql, parameters.map(toDriver)),
  };
}

/** The driver takes bigints as text. */
function toDriver(value: Parameter): string | number | boolean | null | Uint8Array {
  return typeof value === 'bigint' ? value.toString() : value;
}
