import { valueAt } from '#firmware-bridge/column.ts';
import type { Readings } from '#firmware-bridge/readings.ts';
import { quotient } from '../planner/whole.ts';

/**
 * Arithmetic on what a scale shows: whole mg and µs below 2^31 only, as in `planner/whole.ts`. Weights are amounts: they lie in
 * typed arrays, and pass through functions, and nowhere else.
 */

/** What `ul` weigh, mg, of a liquid of `density` mg/ml. */
export function massOf(ul: number, density: number): number {
  return quotient(ul, 1000) * density + quotient((ul % 1000) * density, 1000);
}

/** The volume of `mg`, µl; 0 for less than nothing. */
export function volumeOf(mg: number, density: number): number {
  if (mg <= 0) return 0;
  return quotient(mg, density) * 1000 + quotient((mg % density) * 1000, density);
}

/** Machine time from one reading, or other moment of the same clock, to another, µs. */
export function timeBetween(from: number, to: number): number {
  return (to - from) & 0x7fff_ffff;
}

/** How long before the newest reading the one at `back` was taken, µs. */
export function ageOf(readings: Readings, back: number): number {
  return timeBetween(valueAt(readings.atUs, readings.place(back)), valueAt(readings.atUs, readings.place()));
}

/** How many readings are no older than `us` before the newest. */
export function countWithin(readings: Readings, us: number): number {
  let n = 0;
  while (n < readings.count && ageOf(readings, n) <= us) n += 1;
  return n;
}

/** Mean of `n` readings, the newest of them `back` before the newest of all, mg; 0 of none. */
export function meanOf(readings: Readings, n: number, back = 0): number {
  const last = Math.min(readings.count, back + n);
  let sum = 0;
  for (let i = back; i < last; i += 1) sum += valueAt(readings.mg, readings.place(i));
  return last <= back ? 0 : quotient(sum, last - back);
}

/** The lowest reading of those between `from` and `to` µs old, mg; what a hand on the glass adds is not in it. */
export function lowestBetween(readings: Readings, from: number, to: number): number {
  let lowest = 0x7fff_ffff;
  for (let i = 0; i < readings.count; i += 1) {
    const age = ageOf(readings, i);
    if (age > to) break;
    if (age >= from) lowest = Math.min(lowest, valueAt(readings.mg, readings.place(i)));
  }
  return lowest;
}

/** Difference between the highest and the lowest of the newest `n` readings, mg. */
export function spreadOf(readings: Readings, n: number): number {
  let lowest = 0x7fff_ffff;
  let highest = -0x7fff_ffff;
  for (let i = 0; i < Math.min(n, readings.count); i += 1) {
    const mg = valueAt(readings.mg, readings.place(i));
    lowest = Math.min(lowest, mg);
    highest = Math.max(highest, mg);
  }
  return readings.count === 0 ? 0 : highest - lowest;
}
