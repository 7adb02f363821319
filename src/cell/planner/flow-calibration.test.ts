import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { microlitresPerSecond as flow, microseconds } from '#shared/units.ts';
import { FlowCalibration, type Measured } from './flow-calibration.ts';

const table: Measured = {
  points: [
    { drive: 500, flow: flow(700) },
    { drive: 700, flow: flow(1_250) },
    { drive: 1000, flow: flow(2_000) },
  ],
  lag: microseconds(50_000),
  factor: 1000,
};

describe('a calibration', () => {
  it('is a straight line between measured points and stays in the measured range', () => {
    const calibration = new FlowCalibration(table);
    expect([100, 500, 600, 700, 850, 1000].map((drive) => calibration.flowAt(drive))).toEqual([
      700, 700, 975, 1_250, 1_625, 2_000,
    ]);
  });

  it('finds the lowest drive with at least a flow', () => {
    const calibration = new FlowCalibration(table);
    fc.assert(
      fc.property(fc.integer({ min: 700, max: 2_000 }), (wanted) => {
        const drive = calibration.driveFor(wanted);
        expect(calibration.flowAt(drive)).toBeGreaterThanOrEqual(wanted);
        expect(drive === 500 || calibration.flowAt(drive - 1) < wanted).toBe(true);
      }),
    );
    expect([calibration.driveFor(1), calibration.driveFor(9_999)]).toEqual([500, 1000]);
  });

  it('slows every flow by the factor of the liquid', () => {
    const calibration = new FlowCalibration({ ...table, factor: 800 });
    expect([calibration.minFlow, calibration.maxFlow]).toEqual([560, 1_600]);
  });

  it('knows a pump with one speed', () => {
    const calibration = new FlowCalibration({ ...table, points: [{ drive: 1000, flow: flow(2_000) }] });
    expect(calibration.isSingleSpeed).toBe(true);
    expect([calibration.minDrive, calibration.maxDrive, calibration.flowAt(300)]).toEqual([1000, 1000, 2_000]);
  });

  it.each([
    ['no points', { points: [] }],
    ['a drive that does not rise', { points: [table.points[0], table.points[0]] }],
    ['a flow that falls', { points: [table.points[0], { drive: 900, flow: flow(600) }] }],
    ['a drive above 1000', { points: [{ drive: 1001, flow: flow(600) }] }],
    ['no flow', { points: [{ drive: 1000, flow: flow(0) }] }],
    ['a flow beyond the arithmetic', { points: [{ drive: 1000, flow: flow(1_000_001) }] }],
    ['a factor of nothing', { factor: 0 }],
    ['a lag of minutes', { lag: microseconds(60_000_000) }],
  ])('is refused with %s', (_, wrong) => {
    expect(() => new FlowCalibration({ ...table, ...(wrong as Partial<Measured>) })).toThrow(RangeError);
  });
});
