import { Failure } from '#shared/failure.ts';

/** One weighed dose: how hard and how long the pump was driven, and what came out. */
export interface Reading {
  readonly drive: number;
  readonly us: number;
  readonly ul: number;
}

/** Doses of one drive and one length. */
export interface DoseGroup {
  readonly drive: number;
  readonly us: number;
  readonly doses: number;
  readonly mean_ul: number;
  /** Standard deviation. */
  readonly spread_ul: number;
  readonly spread_permille: number;
}

export interface Curve {
  readonly points: { drive: number; ul_per_s: number }[];
  readonly lag_us: number;
  /** The greatest of all groups. */
  readonly spread_ul: number;
  readonly groups: readonly DoseGroup[];
}

export const leastDoses = 3;
/** A pump that is worse cannot be sold from; usually it is the scale, or air in the line. */
const mostSpreadPermille = 50;
/** Doses of one length differ by less, those of two by more. */
const sameLength = 1.1;
/** What a pump sucks back is small, and so is what drips after it. */
const leastLagUs = -300_000;
const mostLagUs = 2_000_000;

/**
 * The flow of a pump by drive, and the lag before it flows, from weighed doses. The lag follows from doses of two lengths at one drive:
 * liquid is `flow · (t - lag)`; without such it stays what it was. Pure.
 * @throws Failure `calibration/too-few-doses` {drive, doses, needed}, `calibration/spread-too-large` {drive, percent, ml},
 * `calibration/lag-implausible` {ms}, `calibration/out-of-range` {drive}, `calibration/flow-falls` {drive}
 */
export function curveOf(readings: readonly Reading[], oldLagUs: number): Curve {
  const groups = groupsOf(readings);
  for (const group of groups) requirePlausible(group);
  const lag_us = lagOf(groups) ?? oldLagUs;
  const longest = [...Map.groupBy(groups, ({ drive }) => drive).values()].flatMap((same) => same.slice(-1));
  const points = longest.map(({ drive, us, mean_ul }) => ({ drive, ul_per_s: flowOf(mean_ul, us - lag_us) }));
  for (const { drive, ul_per_s } of points) {
    if (ul_per_s < 1 || ul_per_s > 1_000_000) throw new Failure('calibration/out-of-range', { drive });
  }
  for (const [i, { drive, ul_per_s }] of points.entries()) {
    const before = points[i - 1];
    if (before !== undefined && before.ul_per_s >= ul_per_s) throw new Failure('calibration/flow-falls', { drive });
  }
  if (points.length > 10) throw new Failure('calibration/out-of-range', { drive: points.at(-1)?.drive ?? 0 });
  return { points, lag_us, spread_ul: Math.max(...groups.map(({ spread_ul }) => spread_ul)), groups };
}

/** By drive, then by length, both rising. */
function groupsOf(readings: readonly Reading[]): DoseGroup[] {
  const sorted = readings.toSorted((a, b) => a.drive - b.drive || a.us - b.us);
  const groups: Reading[][] = [];
  for (const reading of sorted) {
    const last = groups.at(-1);
    const first = last?.[0];
    if (last !== undefined && first?.drive === reading.drive && reading.us < first.us * sameLength) last.push(reading);
    else groups.push([reading]);
  }
  return groups.map(groupOf);
}

function groupOf(readings: readonly Reading[]): DoseGroup {
  const doses = readings.length;
  const mean = readings.reduce((sum, { ul }) => sum + ul, 0) / doses;
  const squares = readings.reduce((sum, { ul }) => sum + (ul - mean) ** 2, 0);
  const spread = doses > 1 ? Math.sqrt(squares / (doses - 1)) : 0;
  return {
    drive: readings[0]?.drive ?? 0,
    us: readings.reduce((sum, { us }) => sum + us, 0) / doses,
    doses,
    mean_ul: Math.round(mean),
    spread_ul: Math.ceil(spread),
    spread_permille: mean > 0 ? Math.ceil((1000 * spread) / mean) : 0,
  };
}

function requirePlausible({ drive, doses, mean_ul, spread_ul, spread_permille }: DoseGroup): void {
  if (doses < leastDoses) throw new Failure('calibration/too-few-doses', { drive, doses, needed: leastDoses });
  if (mean_ul < 1) throw new Failure('calibration/out-of-range', { drive });
  if (spread_permille <= mostSpreadPermille) return;
  const facts = { drive, percent: Math.round(spread_permille / 10), ml: Math.round(spread_ul / 100) / 10 };
  throw new Failure('calibration/spread-too-large', facts);
}

/** From the shortest and the longest doses of the drive where they are farthest apart; null where all are of one length. */
function lagOf(groups: readonly DoseGroup[]): number | null {
  const pairs = [...Map.groupBy(groups, ({ drive }) => drive).values()].flatMap((same) => {
    const [short, long] = [same[0], same.at(-1)];
    return short === undefined || long === undefined || short === long ? [] : [{ short, long }];
  });
  const [widest] = pairs.toSorted((a, b) => b.long.us / b.short.us - a.long.us / a.short.us);
  if (widest === undefined) return null;
  const { short, long } = widest;
  const ulPerUs = (long.mean_ul - short.mean_ul) / (long.us - short.us);
  const lag = ulPerUs > 0 ? Math.round(long.us - long.mean_ul / ulPerUs) : mostLagUs + 1;
  if (lag < leastLagUs || lag > mostLagUs || lag >= short.us) {
    throw new Failure('calibration/lag-implausible', { ms: Math.round(lag / 1000) });
  }
  return Math.max(0, lag);
}

function flowOf(ul: number, us: number): number {
  return us <= 0 ? 0 : Math.round((ul / us) * 1e6);
}
