import fc from 'fast-check';
import { FlowCalibration } from '#cell/planner/flow-calibration.ts';
import type { PlannerMachine } from '#cell/planner/planner-machine.ts';
import { type Timing, timings } from '#recipes/record.ts';
import { microlitresPerSecond as flow, microlitres, microseconds } from '#shared/units.ts';

/** What fast-check draws machines and pieces from: anything that a configuration and a sealed recipe may say. */

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

/** What one pump draws at most, mW. */
const thirstiest = 24_000;

/** Six lines; no pump alone draws more than the machine has, as its configuration promises. */
export const machines: fc.Arbitrary<PlannerMachine> = fc.record({
  slots: fc
    .array(fc.record({ calibration, powerMw: fc.integer({ min: 0, max: thirstiest }) }), { minLength: 6, maxLength: 6 })
    .map((each) => each.map((line, pump) => ({ pump, ...line }))),
  atOnce: fc.integer({ min: 1, max: 6 }),
  powerMw: fc.integer({ min: thirstiest, max: 6 * thirstiest }),
  nominalFlow: fc.constantFrom(flow(0), flow(5_000)),
  smallDose: fc.constantFrom(microlitres(0), microlitres(20_000)),
});

/** One to six [slot, µl] pairs; a slot may come twice, which no sealed recipe holds. */
export const doses = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 150_000 })), {
  minLength: 1,
  maxLength: 6,
});

export const anyTiming = fc.constantFrom(...(Object.keys(timings) as Timing[]));
