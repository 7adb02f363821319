import { plan } from '#cell/planner/plan.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { plannerPieces } from './planner-pieces.ts';
import { type Figure, quantile, report } from './report.ts';

/** Planning one piece, each timed by itself: what a piece waits for is the slowest plan, not the mean. */
const runs = 50_000;
const warmUp = 5_000;

const out = new StepBuffer();
const taken = new Float64Array(runs);
const figures = plannerPieces.flatMap(({ name, record, machine }): Figure[] => {
  for (let run = 0; run < warmUp; run += 1) plan(record, machine, out);
  for (let run = 0; run < runs; run += 1) {
    const from = performance.now();
    plan(record, machine, out);
    taken[run] = (performance.now() - from) * 1000;
  }
  const [p50, p99] = [0.5, 0.99].map((q) => quantile([...taken], q));
  const beside = `p99 ${p99?.toFixed(1)} µs, goal < 50 µs`;
  return [{ what: `plan a piece of ${name}, p50`, value: p50 ?? Number.NaN, unit: 'µs', runs, beside }];
});
report('planner', figures);
