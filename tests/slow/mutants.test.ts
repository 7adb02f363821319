import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { field, verdictOn } from '../mutants/plant.ts';
import { plantedBugs } from '../mutants/planted-bugs.ts';

let ground: Awaited<ReturnType<typeof field>>;
beforeAll(async () => {
  ground = await field();
});
afterAll(() => ground[Symbol.asyncDispose]());

describe('a planted bug', () => {
  it.each(plantedBugs.map((bug) => [bug.name, bug] as const))(
    'is found by a test, which is named: %s',
    async (_, bug) => {
      const { caughtBy, broken, seconds } = await verdictOn(ground.folder, bug);
      process.stdout.write(`${bug.name} → ${caughtBy[0] ?? 'survived'} (${seconds.toFixed(1)} s)\n`);
      expect(broken).toBe(null);
      expect(caughtBy).not.toEqual([]);
    },
  );
});
