import type { Entry, EntryOf } from '../journal/entry.ts';

export type Calibrated = EntryOf<'CALIBRATED'>;
export type Cleaned = EntryOf<'CLEANED'>;

/** What has gone through a hose since it was put in. */
export interface HoseUse {
  /** When it was; null when nobody entered it: counted since the journal began then. */
  readonly since: number | null;
  readonly ul: number;
  readonly ms: number;
}

/** What the journal's entries add up to for whoever keeps the machine; by line where a number is the key. */
export interface ServiceBook {
  /** Jobs so far; the number of the last. */
  readonly jobs: number;
  /** A job that was begun and not ended. */
  readonly open: EntryOf<'SERVICE_STARTED'> | null;
  /** The last two of each line, the one that holds last. */
  readonly calibrations: ReadonlyMap<number, readonly Calibrated[]>;
  /** The last of each line. */
  readonly cleaned: ReadonlyMap<number, Cleaned>;
  /** All of them, by the number of their entry. */
  readonly cleanings: ReadonlyMap<number, Cleaned>;
  readonly hoses: ReadonlyMap<number, HoseUse>;
  /** µl that service jobs moved, by `wasteKey`. */
  readonly waste: ReadonlyMap<string, number>;
  /** How many entries stood in the journal when a service job last drew from the line's bottle. */
  readonly drawnAt: ReadonlyMap<number, number>;
  /** When the first entry with a time was written: nothing was counted before. */
  readonly began: number | null;
}

export const emptyServiceBook = (): ServiceBook => ({
  jobs: 0,
  open: null,
  calibrations: new Map(),
  cleaned: new Map(),
  cleanings: new Map(),
  hoses: new Map(),
  waste: new Map(),
  drawnAt: new Map(),
  began: null,
});

export type ServiceEntry = Extract<
  Entry,
  { kind: 'CALIBRATED' | 'SERVICE_STARTED' | 'SERVICE_ENDED' | 'CLEANED' | 'HOSE_REPLACED' }
>;

type Edit = <K, V>(map: ReadonlyMap<K, V>) => Map<K, V>;
type Program = EntryOf<'SERVICE_STARTED'>['program'];

/** What flows in these comes out of the line's bottle; in the others a container stands in its place. */
const fromBottle: readonly Program[] = ['test', 'prime', 'measure'];

/** Whether what such a job moves is missing in the bottle. */
export const drawsFromBottle = (program: Program): boolean => fromBottle.includes(program);

export const wasteKey = (program: Program, line: number): string => `${program} ${line}`;

/** The book after one more entry, which is number `index` of the journal. Pure. */
export function advanceService(book: ServiceBook, entry: ServiceEntry, index: number, edit: Edit): ServiceBook {
  switch (entry.kind) {
    case 'CALIBRATED': {
      const before = book.calibrations.get(entry.line) ?? [];
      return { ...book, calibrations: edit(book.calibrations).set(entry.line, [...before.slice(-1), entry]) };
    }
    case 'SERVICE_STARTED':
      return { ...book, jobs: Math.max(book.jobs, entry.job), open: entry };
    case 'SERVICE_ENDED':
      return jobEnded(book, entry, index, edit);
    case 'CLEANED':
      return {
        ...book,
        cleaned: edit(book.cleaned).set(entry.line, entry),
        cleanings: edit(book.cleanings).set(index, entry),
      };
    case 'HOSE_REPLACED':
      return { ...book, hoses: edit(book.hoses).set(entry.line, { since: entry.at, ul: 0, ms: 0 }) };
  }
}

function jobEnded(book: ServiceBook, entry: EntryOf<'SERVICE_ENDED'>, index: number, edit: Edit): ServiceBook {
  const { open } = book;
  if (open === null || open.job !== entry.job) return book;
  const waste = edit(book.waste);
  const hoses = edit(book.hoses);
  const drawnAt = edit(book.drawnAt);
  for (const { line, ul, ms, stock_ul } of entry.lines) {
    const key = wasteKey(open.program, line);
    waste.set(key, (waste.get(key) ?? 0) + ul);
    wear(hoses, { line, ul, ms });
    if (stock_ul !== undefined) drawnAt.set(line, index);
  }
  return { ...book, open: null, waste, hoses, drawnAt };
}

/** Counts what goes through hoses in a drink: by what its recipe publishes. */
export function drinkWore(book: ServiceBook, stock: EntryOf<'BURNED'>['stock'], edit: Edit): ServiceBook {
  const hoses = edit(book.hoses);
  for (const { line, max_ul: ul = 0, max_ms: ms = 0 } of stock) wear(hoses, { line, ul, ms });
  return { ...book, hoses };
}

function wear(
  hoses: Map<number, HoseUse>,
  more: { readonly line: number; readonly ul: number; readonly ms: number },
): void {
  const { since, ul, ms } = hoses.get(more.line) ?? { since: null, ul: 0, ms: 0 };
  hoses.set(more.line, { since, ul: ul + more.ul, ms: ms + more.ms });
}
