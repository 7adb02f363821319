import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { longestJob, StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { dispense } from '#tests/support/pump-bench.ts';
import { anyTiming, doses, machines } from '#tests/support/random-machines.ts';
import type { FlowCalibration } from './flow-calibration.ts';
import { plan } from './plan.ts';
import type { PlannerMachine } from './planner-machine.ts';
import { carried, carriedInAll, remainder } from './remainder.ts';

const out = new StepBuffer();
const executed = new DoseBuffer();

function startOf(row: number): number {
  return out.startUs[row] ?? 0;
}

function onUsOf(row: number): number {
  return (out.stopUs[row] ?? 0) - startOf(row);
}

/** Rows of `out`. */
function rows(): number[] {
  return Array.from({ length: out.count }, (_, row) => row);
}

/** Steps that run at the moment when step `row` starts. */
function running(row: number): number[] {
  const at = startOf(row);
  return rows().filter((each) => startOf(each) <= at && startOf(each) + onUsOf(each) > at);
}

/** Lets the steps run as a perfect far end would, until `stopAt`. */
function execute(stopAt: number): void {
  executed.wipe();
  executed.elapsedUs = Math.min(stopAt, out.lengthUs());
  executed.count = out.count;
  for (const row of rows()) {
    executed.pump[row] = out.pump[row] ?? 0;
    executed.drive[row] = out.drive[row] ?? 0;
    executed.onUs[row] = Math.max(0, Math.min(stopAt - startOf(row), onUsOf(row)));
  }
}

function expectWithinLimits(machine: PlannerMachine, places: number): void {
  for (const row of rows()) {
    const now = running(row);
    expect(now.length).toBeLessThanOrEqual(places);
    expect(new Set(now.map((each) => out.pump[each])).size).toBe(now.length);
    const power = now.reduce((sum, each) => sum + (machine.slots[out.slot[each] ?? 0]?.powerMw ?? 0), 0);
    expect(power).toBeLessThanOrEqual(machine.powerMw ?? 0);
    const own = machine.slots[out.slot[row] ?? 0]?.calibration;
    expect(out.drive[row]).toBeGreaterThanOrEqual(own?.minDrive ?? 1001);
    expect(out.drive[row]).toBeLessThanOrEqual(own?.maxDrive ?? 0);
    expect(out.stopUs[row]).toBeLessThanOrEqual(longestJob);
  }
}

const calibrationIn =
  (machine: PlannerMachine) =>
  (pump: number): FlowCalibration => {
    const line = machine.slots[pump];
    if (line === undefined) throw new RangeError('no such pump');
    return line.calibration;
  };

it('conserves volume: the steps of each slot carry what the piece orders, to within 1 µl per step', () => {
  fc.assert(
    fc.property(machines, anyTiming, doses, (machine, mode, drawn) => {
      expect(plan(dispense(mode, drawn), machine, out)).toBeGreaterThan(0);
      machine.slots.forEach(({ calibration: own }, slot) => {
        const ordered = drawn.filter(([each]) => each === slot).reduce((sum, [, amount]) => sum + amount, 0);
        const mine = rows().filter((row) => out.slot[row] === slot);
        const planned = mine.reduce((sum, row) => sum + carried(own, out.drive[row] ?? 0, onUsOf(row)), 0);
        expect(mine.every((row) => out.pump[row] === machine.slots[slot]?.pump)).toBe(true);
        expect(Math.abs(planned - ordered)).toBeLessThanOrEqual(mine.length);
      });
    }),
    { numRuns: 500 },
  );
});

it('never runs more pumps at once than places and power allow, nor one pump twice, nor outside its measured range', () => {
  fc.assert(
    fc.property(machines, anyTiming, doses, (machine, mode, drawn) => {
      plan(dispense(mode, drawn), machine, out);
      expectWithinLimits(machine, mode === 'one_after_other' ? 1 : machine.atOnce);
    }),
    { numRuns: 500 },
  );
});

it('conserves volume and keeps to places and power however often and whenever the job is cut and goes on', () => {
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });
  fc.assert(
    fc.property(machines, anyTiming, doses, cuts, (machine, mode, drawn, moments) => {
      const calibrationOf = calibrationIn(machine);
      const steps = plan(dispense(mode, drawn), machine, out);
      const ordered = drawn.reduce((sum, [, amount]) => sum + amount, 0);
      let delivered = 0;
      for (const moment of moments) {
        execute(Math.floor(moment * out.lengthUs()));
        delivered += carriedInAll(executed, calibrationOf);
        remainder(out, executed, calibrationOf);
        expectWithinLimits(machine, mode === 'one_after_other' ? 1 : machine.atOnce);
      }
      execute(longestJob);
      delivered += carriedInAll(executed, calibrationOf);
      expect(remainder(out, executed, calibrationOf)).toBe(0);
      // each cut cuts a step for each pump that runs, at most
      expect(Math.abs(delivered - ordered)).toBeLessThanOrEqual(steps + moments.length * machine.atOnce);
    }),
    { numRuns: 500 },
  );
});

it('lets no dose wait for ever, and none longer than all before it take one after the other', () => {
  fc.assert(
    fc.property(machines, fc.constantFrom('machine', 'together'), doses, (machine, mode, drawn) => {
      plan(dispense(mode, drawn), machine, out);
      let before = 0;
      for (const row of rows()) {
        expect(startOf(row)).toBeLessThanOrEqual(before);
        before += onUsOf(row);
      }
    }),
    { numRuns: 500 },
  );
});
