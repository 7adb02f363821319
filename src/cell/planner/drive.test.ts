import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { microlitresPerSecond as flow, microseconds } from '#shared/units.ts';
import { doseTime, slowestDriveWithin } from './drive.ts';
import { FlowCalibration } from './flow-calibration.ts';

const rising = (most: number) =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: most }), { minLength: 10, maxLength: 10 })
    .map((all) => all.toSorted((a, b) => a - b));

const lines = fc
  .tuple(rising(1000), rising(1_000_000), fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 500_000 }))
  .map(([drives, flows, points, lag]) => ({
    pump: 0,
    calibration: new FlowCalibration({
      points: drives.slice(0, points).map((drive, i) => ({ drive, flow: flow(flows[i] ?? 0) })),
      lag: microseconds(lag),
      factor: 1000,
    }),
  }));

describe('the slowest drive for a dose', () => {
  it('is the lowest at which it is over in time, and the quick one where none is', () => {
    const amounts = fc.oneof(fc.integer({ min: 1, max: 500_000 }), fc.integer({ min: 1, max: 1_000_000_000 }));
    const spans = fc.oneof(fc.integer({ min: 0, max: 60_000_000 }), fc.integer({ min: 0, max: 2_000_000_000 }));
    fc.assert(
      fc.property(lines, amounts, spans, fc.nat(), (line, amount, span, at) => {
        const { minDrive, maxDrive } = line.calibration;
        const quick = minDrive + (at % (maxDrive - minDrive + 1));
        let lowest = minDrive;
        while (lowest < quick && doseTime(line, amount, lowest) > span) lowest += 1;
        expect(slowestDriveWithin(line, amount, quick, span)).toBe(lowest);
      }),
      { numRuns: 2_000 },
    );
  });
});
