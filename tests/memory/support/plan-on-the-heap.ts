import { plan } from '#cell/planner/plan.ts';
import { remainder } from '#cell/planner/remainder.ts';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { plannerPieces } from '#tests/bench/planner-pieces.ts';

/**
 * A program of its own: prints how many bytes the heap grows by while so many pieces are planned (argument 1), and how many while
 * an object is made for each of them (`--leaky`). Started with a young generation that nothing is collected from meanwhile.
 */
const plans = Number(process.argv[2]);
const isLeaky = process.argv.includes('--leaky');
const out = new StepBuffer();
const executed = new DoseBuffer();
const kept: { first: number | undefined }[] = [{ first: 0 }];
const calibrationOf = (pump: number) => {
  const line = plannerPieces[0]?.machine.slots[pump];
  if (line === undefined) throw new RangeError('no such pump');
  return line.calibration;
};

function planAll(times: number): void {
  for (const { record, machine } of plannerPieces) {
    for (let run = 0; run < times; run += 1) {
      plan(record, machine, out);
      executed.elapsedUs = 1_000_000;
      executed.count = out.count;
      remainder(out, executed, calibrationOf);
      executed.wipe();
      if (isLeaky) kept[0] = { first: out.startUs[0] };
    }
  }
}

planAll(2_000);
globalThis.gc?.();
const before = process.memoryUsage().heapUsed;
planAll(Math.ceil(plans / plannerPieces.length));
process.stdout.write(`${process.memoryUsage().heapUsed - before}\n`);
