import type { Database } from '#marketplace/database/database.ts';

/** A copy of everything that stood in a database, which can be put back: as a restore from a backup does. */
export interface DatabaseCopy {
  restore(): Promise<void>;
}

/** Copies all tables of the services' schemas, within the database. */
export async function copyDatabase(database: Database): Promise<DatabaseCopy> {
  const found = (await database.query(
    `select table_schema || '.' || table_name as name from information_schema.tables
     where table_schema in ('accounts', 'catalogue', 'payments', 'courier', 'licensing') order by 1`,
  )) as { name: string }[];
  const tables = found.map(({ name }) => ({ name, copy: `public.copy_${name.replace('.', '_')}` }));
  for (const { name, copy } of tables) {
    await database.script(`drop table if exists ${copy}; create table ${copy} as select * from ${name}`);
  }
  return {
    async restore() {
      // foreign keys hold in the copy, whatever the order in which its tables are put back
      const steps = tables.map(
        ({ name, copy }) => `delete from ${name}; insert into ${name} overriding system value select * from ${copy};`,
      );
      await database.script(
        `set session_replication_role = replica; ${steps.join('\n')} set session_replication_role = origin;`,
      );
    },
  };
}
