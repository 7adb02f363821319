import { milliseconds } from '#shared/units.ts';
import { type CountedCell, countedCell, type DrinkCost } from './counted-cell.ts';
import { countTokenCalls } from './counting.ts';
import { type Figure, quantile, report } from './report.ts';

/**
 * From "start" to the first pump step of a drink whose licence is at hand and whose check piece is open: on SoftHSM and this
 * machine's disk, and again with every fsync 10 ms longer, as on an SD card. And what a drink costs.
 */
const runs = 200;
const slowRuns = 50;

await using cell = await countedCell();
const calls = countTokenCalls();

async function drinks(count: number, perSync: number): Promise<DrinkCost[]> {
  const costs: DrinkCost[] = [];
  for (let run = 0; run < count; run += 1) {
    await refill(cell);
    costs.push(await cell.drink(milliseconds(perSync)));
  }
  return costs;
}

/** What making keys costs is not counted with the drinks. */
async function refill(which: CountedCell): Promise<void> {
  const before = new Map(calls);
  await which.refill();
  calls.clear();
  for (const [name, times] of before) calls.set(name, times);
}

await drinks(5, 0);
calls.clear();
const usual = await drinks(runs, 0);
const tokenCalls = new Map(calls);
const slow = await drinks(slowRuns, 10);

const mean = (costs: readonly DrinkCost[], of: (cost: DrinkCost) => number): number =>
  costs.reduce((sum, cost) => sum + of(cost), 0) / costs.length;

function firstStep(costs: readonly DrinkCost[], beside: string): Figure[] {
  const samples = costs.map((cost) => cost.firstStep);
  const syncs = mean(costs, (cost) => cost.syncsToFirstStep).toFixed(1);
  return [0.5, 0.99].map((q) => ({
    what: `start → first step, ${syncs} fsyncs in it, p${q * 100}`,
    value: quantile(samples, q),
    unit: 'ms',
    runs: samples.length,
    beside,
  }));
}

report('a drink in the cell, licence at hand', [
  ...firstStep(usual, 'goal p50 ≤ 8 ms, p99 ≤ 15 ms; 2018 machine: 15 ms'),
  ...firstStep(slow, 'each fsync 10 ms longer'),
  {
    what: 'plaintext of a piece in memory, p50',
    value: quantile(
      usual.flatMap(({ alive }) => alive),
      0.5,
    ),
    unit: 'ms',
    runs: usual.flatMap(({ alive }) => alive).length,
    beside: 'planning included; goal ≤ 1 ms',
  },
  {
    what: 'plaintext of a piece in memory, p99',
    value: quantile(
      usual.flatMap(({ alive }) => alive),
      0.99,
    ),
    unit: 'ms',
    runs: usual.flatMap(({ alive }) => alive).length,
  },
  {
    what: 'fsyncs per drink, licence bought to USAGE signed',
    value: mean(usual, (cost) => cost.syncs),
    unit: '',
    runs,
  },
  { what: 'bytes written per drink', value: mean(usual, (cost) => cost.bytes), unit: 'bytes', runs },
]);
report(
  'PKCS#11 calls per drink',
  [...tokenCalls]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, times]) => ({ what: name, value: times / runs, unit: '', runs })),
);
