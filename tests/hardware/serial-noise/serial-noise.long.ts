import { expect, test } from 'vitest';
import { noFaults, sum } from './noise.ts';
import { noisyMachine } from './noisy-machine.ts';

/** Of a machine each; four run side by side. */
const seeds = [20_180_601, 20_180_602, 20_180_603, 20_180_604];
const faults = 1_000_000;

test('a million faults of a line switch nothing on that was not commanded, repeat no dose, and are told', async () => {
  const reports = await Promise.all(seeds.map((seed) => noisyMachine(seed, faults / seeds.length, 250)));
  const all = noFaults();
  const ends: Record<string, number> = {};
  for (const report of reports) {
    for (const kind of Object.keys(all) as (keyof typeof all)[]) all[kind] += report.faults[kind];
    for (const [end, count] of Object.entries(report.ends)) ends[end] = (ends[end] ?? 0) + count;
  }
  const recorded = reports.reduce((count, report) => count + report.recorded, 0);
  console.info(`seeds ${seeds.join(', ')}: ${sum(all)} faults ${JSON.stringify(all)}`);
  console.info(`jobs ${JSON.stringify(ends)}, ${recorded} records read and right`);
  expect(reports.flatMap(({ mischief }) => mischief)).toEqual([]);
  expect(ends['done']).toBeGreaterThan(1_000);
});
