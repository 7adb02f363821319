import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curveOf, type Reading } from './curve.ts';

/** What an ideal pump pours. */
const dose = (drive: number, us: number, flow: number, lag: number): Reading => ({
  drive,
  us,
  ul: Math.round((flow * Math.max(0, us - lag)) / 1e6),
});
const thrice = (reading: Reading): Reading[] => [reading, reading, reading];
const codeOf = (readings: readonly Reading[]): string => {
  try {
    curveOf(readings, 0);
    return 'a curve';
  } catch (error) {
    return (error as { code?: string }).code ?? 'a bug';
  }
};

describe('a curve from weighed doses', () => {
  it('finds flow and lag of any pump again, to within what a scale shows', () => {
    const pump = fc.record({
      flows: fc.uniqueArray(fc.integer({ min: 2_000, max: 60_000 }), { minLength: 1, maxLength: 4 }),
      lag: fc.integer({ min: 0, max: 400_000 }),
    });
    fc.assert(
      fc.property(pump, ({ flows, lag }) => {
        const rising = flows.toSorted((a, b) => a - b);
        const drives = rising.map((_, i) => 1000 - (rising.length - 1 - i) * 200);
        const long = drives.flatMap((drive, i) => thrice(dose(drive, 6_000_000, rising[i] ?? 0, lag)));
        const short = thrice(dose(1000, 1_500_000, rising.at(-1) ?? 0, lag));
        const curve = curveOf([...long, ...short], 0);
        expect(Math.abs(curve.lag_us - lag)).toBeLessThan(1_000);
        for (const [i, { ul_per_s }] of curve.points.entries()) {
          expect(Math.abs(ul_per_s - (rising[i] ?? 0))).toBeLessThan((rising.at(-1) ?? 0) * 0.001 + 2);
        }
      }),
    );
  });

  it('keeps the lag where all doses are of one length', () => {
    const curve = curveOf(thrice(dose(1000, 5_000_000, 10_000, 60_000)), 60_000);
    expect(curve).toMatchObject({ lag_us: 60_000, points: [{ drive: 1000, ul_per_s: 10_000 }], spread_ul: 0 });
  });

  it('tells the standard deviation of repeated doses', () => {
    const readings = [49_000, 50_000, 51_000].map((ul) => ({ drive: 1000, us: 5_000_000, ul }));
    expect(curveOf(readings, 0).groups).toMatchObject([
      { doses: 3, mean_ul: 50_000, spread_ul: 1_000, spread_permille: 20 },
    ]);
  });

  it('is refused for nonsense, which is named', () => {
    const good = thrice(dose(1000, 5_000_000, 10_000, 0));
    expect(codeOf(good)).toBe('a curve');
    expect(codeOf(good.slice(1))).toBe('calibration/too-few-doses');
    expect(codeOf([...good, ...thrice(dose(400, 5_000_000, 10_000, 0))])).toBe('calibration/flow-falls');
    expect(codeOf([...good, ...thrice(dose(400, 5_000_000, 12_000, 0))])).toBe('calibration/flow-falls');
    expect(codeOf(good.map((each, i) => ({ ...each, ul: each.ul + i * 4_000 })))).toBe('calibration/spread-too-large');
    expect(codeOf(good.map((each) => ({ ...each, ul: 0 })))).toBe('calibration/out-of-range');
    expect(codeOf(good.map((each) => ({ ...each, ul: 9_000_000 })))).toBe('calibration/out-of-range');
    // somebody weighed the short doses with the long ones' glass
    expect(codeOf([...good, ...thrice({ drive: 1000, us: 1_500_000, ul: 50_000 })])).toBe(
      'calibration/lag-implausible',
    );
    expect(codeOf([...good, ...thrice({ drive: 1000, us: 1_500_000, ul: 40_000 })])).toBe(
      'calibration/lag-implausible',
    );
  });
});
