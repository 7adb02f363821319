import { TotalsBuffer } from '#cell/executor/totals-buffer.ts';
import { plan, unplannable } from '#cell/planner/plan.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { beverage } from '#recipes/machine-class.ts';
import { recordBytes } from '#recipes/record.ts';
import { bounds, machine } from '#tests/support/pump-bench.ts';
import { seedsOf } from '../corpus.ts';
import type { Target } from '../fuzz.ts';

/** Bytes before the record: its index, how many pieces there are, how many ingredients. */
const placeBytes = 3;

/** A record as it comes out of both layers: validated, held against the bounds, and planned where it passes. */
export function recordTarget(): Target & Disposable {
  const steps = new StepBuffer();
  const { lines, atOnce, smallDose } = machine;
  const planner = { slots: lines, atOnce, smallDose, nominalFlow: beverage.nominalFlow };
  const record = new DataView(new ArrayBuffer(recordBytes));
  const bytes = new Uint8Array(record.buffer);
  return {
    name: 'record',
    seeds: seedsOf('record'),
    codes: [],
    make: (mutator) => mutator.change(mutator.change(mutator.pick(seeds))),
    feed(input) {
      bytes.fill(0);
      bytes.set(input.subarray(placeBytes, placeBytes + recordBytes));
      const [index = 0, pieceCount = 0, slots = 0] = input;
      if (beverage.record.flaw(record, { index, pieceCount, slots: Math.min(slots, lines.length) }) !== null)
        return false;
      const totals = new TotalsBuffer();
      const admitted = totals.admits(record, bounds);
      const planned = plan(record, planner, steps);
      if (planned !== unplannable && planned > steps.count) throw new Error('more steps than there are');
      totals.wipe();
      return admitted;
    },
    [Symbol.dispose]() {
      steps.wipe();
    },
  };
}

const seeds = seedsOf('record');
