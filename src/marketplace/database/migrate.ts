import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Disk } from '#shared/disk.ts';
import { Failure, invariant } from '#shared/failure.ts';
import { all, type Database } from './database.ts';

/** Services whose folders hold `migrations/NNN-name.sql`, each for the database schema of the service's name. */
export const services = ['accounts', 'catalogue', 'payments', 'courier', 'licensing'] as const;

const appliedRow = z.object({ name: z.string(), digest: z.string() });

/**
 * Brings the database up to what the files below `sources` say; each file runs once, in the implicit transaction
 * of a message with several statements.
 * @throws Failure `config/invalid` when a file that ran before has been changed since
 */
export async function migrate(database: Database, sources: Disk): Promise<void> {
  await database.script('create table if not exists public.migration (name text primary key, digest text not null)');
  const rows = await all(database, appliedRow, 'select name, digest from public.migration');
  const applied = new Map(rows.map(({ name, digest }) => [name, digest]));
  for (const service of services) {
    for (const file of await sources.list(`${service}/migrations`)) {
      const name = `${service}/${file}`;
      const bytes = await sources.read(`${service}/migrations/${file}`);
      invariant(bytes !== null, `${name} was listed`);
      await applyOnce(database, name, new TextDecoder().decode(bytes), applied.get(name));
    }
  }
}

async function applyOnce(database: Database, name: string, sql: string, before: string | undefined): Promise<void> {
  const digest = createHash('sha256').update(sql).digest('hex');
  if (before === digest) return;
  if (before !== undefined)
    throw new Failure('config/invalid', { reason: `migration ${name} was changed after it ran` });
  const record = `insert into public.migration (name, digest) values ('${name}', '${digest}')`;
  await database.script(`${sql}\n;${record};`);
}
