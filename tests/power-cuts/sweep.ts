import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { scenes } from './arbitrary.ts';
import { Life } from './life.ts';
import { Outside } from './outside.ts';
import { run, type Start } from './run.ts';
import { buy, stories, type Story } from './stories.ts';
import { provisionedMachine } from './surroundings.ts';
import type { Row } from './table.ts';

/** How many steps each story takes from there when nothing interrupts it. */
export interface Ground extends Start {
  readonly steps: ReadonlyMap<Story, readonly string[]>;
}

/**
 * Machines that have the drink: `fresh` makes its one-time keys within the story, `ready` has them, `licensed` has bought, so
 * that the story begins with the drink itself.
 */
export async function ground(kind: 'fresh' | 'ready' | 'licensed'): Promise<Ground> {
  const template = await provisionedMachine();
  const order = kind === 'licensed' ? randomUUID() : null;
  await new Life(template).play(async (life) => {
    await life.upload(template.world.drink.file);
    if (kind !== 'fresh') await life.sendPrekeys();
    if (order !== null) await buy(life, new Outside(order, template.farEnd));
  });
  const steps = new Map<Story, readonly string[]>();
  for (const story of stories) steps.set(story, (await run({ template, order }, story, [])).steps);
  return { template, order, steps };
}

/** Plays random scenes; answers how often each row of the table was found. A failure prints its seed. */
export async function playAtRandom(from: Ground, numRuns: number): Promise<Map<Row, number>> {
  const rows = new Map<Row, number>();
  const lengths = new Map([...from.steps].map(([story, { length }]) => [story, length]));
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(scenes(lengths), async ({ story, cuts, again }) => {
      const report = await run(from, story, cuts, again);
      for (const row of report.rows) rows.set(row, (rows.get(row) ?? 0) + 1);
      runs += 1;
      if (runs % 100 === 0) collectGarbage();
    }),
    { numRuns },
  );
  return rows;
}

/** Locked memory of cells that are gone is given back by the garbage collector only, which does not see how scarce it is. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** `make`, done when it is first asked for and then never again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
