import fc from 'fast-check';
import { expect, it } from 'vitest';
import { longestJob, StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { type Timing, timings } from '#recipes/record.ts';
import { microlitresPerSecond as flow, microlitres, microseconds } from '#shared/units.ts';
import { dispense } from '#tests/support/pump-bench.ts';
import { FlowCalibration } from './flow-calibration.ts';
import { plan } from './plan.ts';
import type { PlannerMachine } from './planner-machine.ts';
import { carried } from './remainder.ts';

const points = fc
  .uniqueArray(fc.record({ drive: fc.integer({ min: 1, max: 1000 }), flow: fc.integer({ min: 1_000, max: 60_000 }) }), {
    minLength: 1,
    maxLength: 10,
    selector: (point) => point.drive,
  })
  .map((drawn) => {
    const drives = drawn.map((point) => point.drive).sort((a, b) => a - b);
    const flows = [...new Set(drawn.map((point) => point.flow))].sort((a, b) => a - b);
    return flows.map((each, i) => ({ drive: drives[i] ?? 1, flow: flow(each) }));
  });
const calibration = fc
  .record({
    points,
    lag: fc.integer({ min: 0, max: 300_000 }).map(microseconds),
    factor: fc.integer({ min: 900, max: 1_100 }),
  })
  .filter(({ points: drawn, factor }) => {
    const scaled = drawn.map((point) => Math.round((point.flow * factor) / 1000));
    return new Set(scaled).size === scaled.length;
  })
  .map((measured) => new FlowCalibration(measured));
const machines: fc.Arbitrary<PlannerMachine> = fc.record({
  slots: fc
    .array(calibration, { minLength: 6, maxLength: 6 })
    .map((each) => each.map((one, pump) => ({ pump, calibration: one }))),
  atOnce: fc.integer({ min: 1, max: 6 }),
  nominalFlow: fc.constantFrom(flow(0), flow(5_000)),
  smallDose: fc.constantFrom(microlitres(0), microlitres(20_000)),
});
const doses = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 150_000 })), {
  minLength: 1,
  maxLength: 6,
});
const timing = fc.constantFrom(...(Object.keys(timings) as Timing[]));
const out = new StepBuffer();

/** Steps that run at the moment when step `row` starts. */
function running(row: number): number[] {
  const at = out.startUs[row] ?? 0;
  return Array.from({ length: out.count }, (_, each) => each).filter(
    (each) => (out.startUs[each] ?? 0) <= at && (out.stopUs[each] ?? 0) > at,
  );
}

it('conserves volume: the steps of each slot carry what the piece orders, to within 1 µl per step', () => {
  fc.assert(
    fc.property(machines, timing, doses, (machine, mode, drawn) => {
      expect(plan(dispense(mode, drawn), machine, out)).toBeGreaterThan(0);
      machine.slots.forEach(({ calibration: own }, slot) => {
        const ordered = drawn.filter(([each]) => each === slot).reduce((sum, [, amount]) => sum + amount, 0);
        let planned = 0;
        let count = 0;
        for (let row = 0; row < out.count; row += 1) {
          if (out.slot[row] !== slot) continue;
          expect(out.pump[row]).toBe(machine.slots[slot]?.pump);
          planned += carried(own, out.drive[row] ?? 0, (out.stopUs[row] ?? 0) - (out.startUs[row] ?? 0));
          count += 1;
        }
        expect(Math.abs(planned - ordered)).toBeLessThanOrEqual(count);
      });
    }),
    { numRuns: 500 },
  );
});

it('never runs more pumps at once than the budget allows, nor one pump twice, nor outside its measured range', () => {
  fc.assert(
    fc.property(machines, timing, doses, (machine, mode, drawn) => {
      plan(dispense(mode, drawn), machine, out);
      const budget = mode === 'one_after_other' ? 1 : machine.atOnce;
      for (let row = 0; row < out.count; row += 1) {
        const now = running(row);
        expect(now.length).toBeLessThanOrEqual(budget);
        expect(new Set(now.map((each) => out.pump[each])).size).toBe(now.length);
        const own = machine.slots[out.slot[row] ?? 0]?.calibration;
        expect(out.drive[row]).toBeGreaterThanOrEqual(own?.minDrive ?? 1001);
        expect(out.drive[row]).toBeLessThanOrEqual(own?.maxDrive ?? 0);
        expect(out.stopUs[row]).toBeLessThanOrEqual(longestJob);
      }
    }),
    { numRuns: 500 },
  );
});
