import { z } from 'zod';
import { bytes, whole } from '../database/columns.ts';
import { all, type Database } from '../database/database.ts';
import { type Suspect, suspects } from './quarantine.ts';

/** What an operator sees of one machine. */
export interface MachineView {
  readonly machine: string;
  readonly epoch: number;
  readonly state: 'good' | 'quarantined' | 'released' | 'retired';
  /** Number of its last licence. */
  readonly seq: number;
  /** Where its journal was countersigned last; null before the first time. */
  readonly remembered: { readonly index: number; readonly head: Uint8Array } | null;
  /** Journals that report in quarantine. */
  readonly journals: readonly Suspect[];
  /** Uses that wait to be licensed again, to whom, and those that were refused. */
  readonly waiting: number;
  readonly refused: number;
  readonly heir: string | null;
}

const row = z.object({
  machine: z.string(),
  epoch: whole,
  seq: whole,
  head_index: whole.nullable(),
  head: bytes.nullable(),
  quarantined: z.boolean(),
  retired: z.boolean(),
  released: z.boolean(),
  waiting: whole,
  refused: whole,
  heir: z.string().nullable(),
});

/** Every machine that licensing has heard of, by name. */
export async function machinesView(database: Database): Promise<MachineView[]> {
  const rows = await all(
    database,
    row,
    `select s.machine, s.epoch, s.seq, s.head_index, s.head, s.quarantine is not null as quarantined, s.retired,
       exists (select from licensing.release r
         where r.machine = s.machine and r.epoch = s.epoch + 1 and r.begun is null) as released,
       (select count(*) from licensing.reissue i
         where i.machine = s.machine and i.seq is null and i.refused is null) as waiting,
       (select count(*) from licensing.reissue i where i.machine = s.machine and i.refused is not null) as refused,
       f.heir
     from licensing.standing s left join licensing.farewell f on f.machine = s.machine order by s.machine`,
  );
  const views: MachineView[] = [];
  for (const { head_index, head, quarantined, retired, released, ...rest } of rows) {
    const state = retired ? 'retired' : quarantined ? (released ? 'released' : 'quarantined') : 'good';
    views.push({
      ...rest,
      state,
      remembered: head_index === null || head === null ? null : { index: head_index, head },
      journals: quarantined ? await suspects(database, rest.machine, rest.epoch) : [],
    });
  }
  return views;
}
