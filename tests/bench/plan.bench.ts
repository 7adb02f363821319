import { plan } from '#cell/planner/plan.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { beverage } from '#recipes/machine-class.ts';
import { recordBytes, type Timing, timings, writeDispense } from '#recipes/record.ts';
import { machine } from '#tests/support/pump-bench.ts';
import { quantile, report, timed } from './report.ts';

/** Planning one piece of four doses, in batches of a thousand. */
const batches = 300;
const perBatch = 1000;

const record = new DataView(new ArrayBuffer(recordBytes));
const doses = [0, 1, 2, 3].map((slot) => ({ slot, flowHint: 0, amountUl: 20_000 + 7_919 * slot }));
const out = new StepBuffer();
const planner = { ...machine, slots: machine.lines, nominalFlow: beverage.nominalFlow };
const figures = [];
for (const name of Object.keys(timings) as Timing[]) {
  writeDispense(record, name, doses);
  const taken = await timed(batches, () => {
    for (let i = 0; i < perBatch; i += 1) plan(record, planner, out);
  });
  const micro = (q: number): number => (quantile(taken, q) / perBatch) * 1000;
  figures.push({
    what: `piece of four doses, timing ${name}, p50`,
    value: micro(0.5),
    unit: 'µs',
    runs: batches * perBatch,
    beside: `p99 ${micro(0.99).toPrecision(2)} µs, goal < 50 µs`,
  });
}
report('planner', figures);
