import { randomUUID } from 'node:crypto';
import { sameBytes } from '#shared/entropy.ts';
import { allLines, type UseEvidence, usesOf } from './evidence.ts';
import { Fuse } from './fuse.ts';
import { Life } from './life.ts';
import type { Ending, Machine } from './machine.ts';
import { Outside } from './outside.ts';
import { plain, serve, type Story } from './stories.ts';
import { rowOf, type Row, stagesAfter } from './table.ts';

/** Where a life of the cell ends (before its step number `at`), and how. */
export interface Cut {
  readonly at: number;
  readonly ending: Ending;
}

/** Where a run begins: a machine, and the order that it has a licence for already, if any. */
export interface Start {
  readonly template: Machine;
  readonly order: string | null;
}

/** What a run went through, for those who count. */
export interface RunReport {
  /** Rows of the table in which uses were found after the cuts. */
  readonly rows: readonly Row[];
  /** Steps of the first life, as far as it came. */
  readonly steps: readonly string[];
  readonly glass: number;
}

/**
 * One order on a copy of a machine, its cell cut off at each of `cuts` in turn (the second in the life after the first, which
 * begins with recovery), then served to its end, and with `again` started twice more. @throws Error for whatever is not as licence.md's table says
 */
export async function run(start: Start, story: Story, cuts: readonly Cut[], again = false): Promise<RunReport> {
  const machine = start.template.copy();
  const outside = new Outside(start.order ?? randomUUID(), machine.farEnd);
  machine.farEnd.onArm = () => requireBurned(machine);
  const rows: Row[] = [];
  let steps: readonly string[] | null = null;
  let expected = new Map<string, Expected>();
  let isCut = true;
  for (const cut of [...cuts, null]) {
    if (!isCut) break;
    const life = new Life(machine, new Fuse(cut?.at));
    const end = await life.play(async () => {
      inOrder(machine, outside, expected);
      if (steps !== null) await machine.tidy();
      await serve(life, outside, steps === null ? story : plain);
    });
    steps ??= [...life.fuse.steps];
    for (const finding of machine.farEnd.findings) throw finding;
    isCut = end === 'cut';
    if (cut === null || !isCut) continue;
    await machine.end(cut.ending);
    machine.keys.refuses = null;
    outside.weigh();
    expected = expectations(machine);
    rows.push(...[...expected.values()].map(({ row }) => row));
  }
  if (again) await startsAgainUnchanged(machine);
  requireServed(machine, outside);
  return { rows, steps: steps ?? [], glass: Math.max(0, ...outside.glass.values()) };
}

interface Expected {
  readonly row: Row;
  readonly use: UseEvidence;
}

const journalOf = (machine: Machine) => allLines((path) => machine.card.bytes(path));

/** The rows in which a start of the cell will find its uses. */
function expectations(machine: Machine): Map<string, Expected> {
  const uses = usesOf(journalOf(machine));
  return new Map([...uses].map(([kid, use]) => [kid, { use, row: rowOf(use, machine.keys.has(use.label)) }]));
}

/** What holds once the cell is up. */
function inOrder(machine: Machine, outside: Outside, expected: ReadonlyMap<string, Expected>): void {
  outside.weigh();
  const uses = usesOf(journalOf(machine));
  for (const [kid, { row, use }] of expected) requireRow(row, use, uses.get(kid), outside);
  outside.holdsAgainst(uses);
  requireKeys(machine, uses);
  for (const use of uses.values()) requireOnce(use);
}

function requireRow(row: Row, before: UseEvidence, now: UseEvidence | undefined, outside: Outside): void {
  const about = `${row} use, ${before.stage} before`;
  if (now === undefined || !stagesAfter(row, before).includes(now.stage)) {
    throw new Error(`${about}: ${now?.stage ?? 'gone'} after the start`);
  }
  const flowed = outside.glassOf(before.kid);
  if (now.stage === 'VOIDED' && flowed > 0) throw new Error(`${about}: claimed void, ${flowed} µl are in the glass`);
  if ((row === 'released' || row === 'untouched') && flowed > 0) throw new Error(`${about}: ${flowed} µl flowed`);
  if (row === 'over' && before.claim !== null && !(now.claim && sameBytes(now.claim, before.claim))) {
    throw new Error(`${about}: another outcome`);
  }
}

/** Exactly the keys of uses that may still be poured are in the token. */
function requireKeys({ keys }: Machine, uses: ReadonlyMap<string, UseEvidence>): void {
  const good = [...uses.values()].filter(({ stage }) => ['PREKEYS', 'GRANTED', 'RELEASED', 'RESERVED'].includes(stage));
  const expected = good.map(({ label }) => label).sort();
  if (keys.labels('prekey-').join() !== expected.join()) throw new Error('other one-time keys than those of good uses');
}

function requireOnce({ kid, counts, started, done }: UseEvidence): void {
  const times = (kind: string): number => counts.get(kind) ?? 0;
  if (times('BURNED') > 1 || times('CLAIMED') > 1 || times('SPENT') + times('VOIDED') > 1) {
    throw new Error(`${kid} is burned, claimed or ended twice`);
  }
  if (times('PIECE_STARTED') > times('PIECE_DONE') + 1 || done > started)
    throw new Error(`${kid} is poured out of order`);
}

/** Before steps are armed: burned and begun on the medium, the key gone for good. */
function requireBurned({ card, keys }: Machine): void {
  const uses = [...usesOf(allLines((path) => card.durable(path))).values()];
  const [open, other] = uses.filter(({ stage }) => stage === 'PIECE_STARTED');
  if (open === undefined || other !== undefined)
    throw new Error('armed, and not exactly one piece is begun on the medium');
  if (open.counts.get('BURNED') !== 1) throw new Error('armed before it was burned');
  if (!keys.isGone(open.label)) throw new Error('armed while the one-time key may come back');
}

async function startsAgain(machine: Machine): Promise<void> {
  await machine.end({ t: 'process', downMs: 5_000 });
  await new Life(machine).play(async () => {});
}

/** A start after which nothing was to be done writes that it was one, and nothing else. */
async function startsAgainUnchanged(machine: Machine): Promise<void> {
  // the first start after a burn that failed still destroys the key
  await startsAgain(machine);
  const before = journalOf(machine);
  const keys = machine.keys.labels('').join();
  await startsAgain(machine);
  const added = journalOf(machine).slice(before.length);
  if (added.map(({ kind }) => kind).join() !== 'BOOT')
    throw new Error(`a start wrote ${added.map(({ kind }) => kind).join()}`);
  if (machine.keys.labels('').join() !== keys) throw new Error('a start changed the keys');
}

/** In the end one use is spent, all others of the order are void, each was told once, and nothing was poured twice. */
function requireServed(machine: Machine, outside: Outside): void {
  outside.weigh();
  const uses = [...usesOf(journalOf(machine)).values()].filter(({ order }) => order === outside.order);
  const spent = uses.filter(({ stage }) => stage === 'SPENT');
  if (spent.length !== 1 || uses.some(({ stage }) => stage !== 'SPENT' && stage !== 'VOIDED')) {
    throw new Error(`uses end as ${uses.map(({ stage }) => stage).join()}`);
  }
  for (const { kid, stage, isBooked } of uses) {
    if (!outside.claims.has(kid) || !isBooked) throw new Error(`${stage} of ${kid} was not told and booked`);
    if (stage === 'VOIDED' && outside.glassOf(kid) > 0) throw new Error('void and poured');
  }
}
