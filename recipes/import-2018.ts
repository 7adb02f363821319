import { Failure } from '#shared/failure.ts';
import { ingredientId } from './manifest-schema.ts';
import type { ProgramLine } from './program-2018.ts';
import { maxDoses, type Timing, timings } from './record.ts';

/** A step of a recipe source, ready to be written. */
export interface ImportedStep {
  readonly pour: ReadonlyMap<string, number>;
  readonly timing: Timing;
  /** 0 for none. */
  readonly pauseMs: number;
}

/** What the author should know of what became of a line (counted from 1). */
export type ImportNote =
  /** The 2018 machine poured only the smaller of two such components. */
  | { readonly t: 'merged'; readonly line: number; readonly ingredient: string }
  /** Several steps do what the line did, one after the other. */
  | { readonly t: 'split'; readonly line: number }
  /** Pauses are half seconds here. */
  | { readonly t: 'rounded'; readonly line: number; readonly from: number; readonly to: number }
  /** Neither machine waits when nothing follows. */
  | { readonly t: 'dropped'; readonly line: number }
  /** No id of ours was given for it. */
  | { readonly t: 'unnamed'; readonly ingredient: string };

export interface Imported {
  readonly steps: readonly ImportedStep[];
  /** Ingredients without an id of ours. */
  readonly unnamed: readonly string[];
  readonly totalMl: number;
  readonly notes: readonly ImportNote[];
}

type Pour = { readonly ingredient: string; readonly amount: number };

const timingNames = Object.keys(timings) as Timing[];
/** What a sealed recipe may promise as its smallest dose, ml. */
const leastMl = 5;
const mostInGlassMl = 1000;
const mostIngredients = 16;
const mostSteps = 64;
const halfSecond = 500;

/**
 * The steps that pour what the lines poured on the 2018 machine, where that did what its author wrote.
 * @param names ids of ours for ids of theirs
 * @throws Failure `recipe/source-invalid` {at, reason} for what no recipe of ours can say
 */
export function importProgram(lines: readonly ProgramLine[], names: ReadonlyMap<string, string>): Imported {
  const notes: ImportNote[] = [];
  const steps = lines.flatMap((line, i) => stepsOf(line, i, i === lines.length - 1, names, notes));
  const ingredients = new Set(steps.flatMap(({ pour }) => [...pour.keys()]));
  const totalMl = steps.reduce((sum, { pour }) => [...pour.values()].reduce((all, each) => all + each, sum), 0);
  if (totalMl > mostInGlassMl) throw refused('lines', `${totalMl} ml are more than a glass holds`);
  if (ingredients.size > mostIngredients) throw refused('lines', `more than ${mostIngredients} ingredients`);
  if (steps.length > mostSteps) throw refused('lines', `more than ${mostSteps} steps`);
  const named = new Set(names.values());
  const unnamed = [...ingredients].filter((id) => !named.has(id));
  notes.push(...unnamed.map((ingredient): ImportNote => ({ t: 'unnamed', ingredient })));
  return { steps, unnamed, totalMl, notes };
}

function stepsOf(
  line: ProgramLine,
  place: number,
  isLast: boolean,
  names: ReadonlyMap<string, string>,
  notes: ImportNote[],
): ImportedStep[] {
  const pours = line.components.map(({ ingredient, amount }, i) => ({
    ingredient: named(ingredient, names, `lines.${place}.components.${i}.ingredient`),
    amount,
  }));
  const timing = timingNames[line.timing] ?? 'machine';
  const groups = timing === 'one_after_other' ? inTurn(pours) : [merged(pours, place, notes)];
  if (groups.length > 1) notes.push({ t: 'split', line: place + 1 });
  const pauseMs = pauseOf(line.sleep, place, isLast, notes);
  for (const group of groups) requirePourable(group, place);
  return groups.map((pour, i) => ({ pour, timing, pauseMs: i === groups.length - 1 ? pauseMs : 0 }));
}

/** An id of ours; where none was given theirs, which no list of ingredients has, so that nobody can seal it by oversight. */
function named(theirs: string, names: ReadonlyMap<string, string>, at: string): string {
  const id = names.get(theirs.toLowerCase()) ?? theirs.toLowerCase();
  if (!ingredientId.safeParse(id).success) throw refused(at, 'not an id; name it with --ingredients');
  return id;
}

function merged(pours: readonly Pour[], place: number, notes: ImportNote[]): Map<string, number> {
  const sums = new Map<string, number>();
  const twice = new Set<string>();
  for (const { ingredient, amount } of pours) {
    if (sums.has(ingredient)) twice.add(ingredient);
    sums.set(ingredient, (sums.get(ingredient) ?? 0) + amount);
  }
  for (const ingredient of twice) notes.push({ t: 'merged', line: place + 1, ingredient });
  return sums;
}

/** As many steps as keep the order: none has an ingredient twice, or too many of them. */
function inTurn(pours: readonly Pour[]): Map<string, number>[] {
  const groups: Map<string, number>[] = [];
  let before = '';
  for (const { ingredient, amount } of pours) {
    const last = groups.at(-1);
    if (last !== undefined && ingredient === before) last.set(ingredient, (last.get(ingredient) ?? 0) + amount);
    else if (last === undefined || last.has(ingredient) || last.size === maxDoses)
      groups.push(new Map([[ingredient, amount]]));
    else last.set(ingredient, amount);
    before = ingredient;
  }
  return groups;
}

function requirePourable(pour: ReadonlyMap<string, number>, place: number): void {
  const at = `lines.${place}.components`;
  if (pour.size > maxDoses) throw refused(at, `more than ${maxDoses} ingredients at once`);
  for (const [ingredient, amount] of pour) {
    if (amount < leastMl)
      throw refused(at, `${amount} ml of ${ingredient}: a sealed recipe pours at least ${leastMl} ml`);
  }
}

/** Rounded up to half seconds; none behind the last line. */
function pauseOf(sleep: number, place: number, isLast: boolean, notes: ImportNote[]): number {
  if (sleep === 0) return 0;
  if (isLast) {
    notes.push({ t: 'dropped', line: place + 1 });
    return 0;
  }
  const to = Math.ceil(sleep / halfSecond) * halfSecond;
  if (to !== sleep) notes.push({ t: 'rounded', line: place + 1, from: sleep, to });
  return to;
}

function refused(at: string, reason: string): Failure {
  return new Failure('recipe/source-invalid', { at, reason });
}
