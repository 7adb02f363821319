import { greatestFlow } from '#shared/units.ts';

/**
 * Arithmetic on amounts and times without fractions.
 *
 * A number with a fraction, or from 2^31 on, is put on the heap by V8, where copies of it stay behind that nobody can
 * wipe. Here every value in between is a whole number below 2^31, so that it lives in a register or in a typed array.
 * Flows are whole µl/s up to `greatestFlow`. This is also the one place where planning rounds: each result is off by
 * less than one unit (1 µs of on-time, 1 µl of volume).
 */

/** Stands for "longer than any job", µs. */
export const endless = 2_000_000_001;

/** `n / d` rounded down, for whole `n ≥ 0`, `d > 0`. */
export function quotient(n: number, d: number): number {
  return (n - (n % d)) / d;
}

/** On-time in which `flow` µl/s carries `amount` µl, rounded up to whole µs; `endless` when no job could last so long. */
export function timeFor(amount: number, flow: number): number {
  if (amount > greatestFlow * 2000 || flow < 1) return endless;
  const seconds = quotient(amount, flow);
  if (seconds >= 2000) return endless;
  const afterSeconds = (amount % flow) * 1000;
  const afterMillis = (afterSeconds % flow) * 1000;
  const micros = quotient(afterMillis, flow) + (afterMillis % flow > 0 ? 1 : 0);
  return seconds * 1_000_000 + quotient(afterSeconds, flow) * 1000 + micros;
}

/** What `flow` µl/s carries in `us`, rounded to the nearest µl. */
export function volumeIn(us: number, flow: number): number {
  const millis = quotient(us % 1_000_000, 1000);
  const nanolitres = flow * millis + quotient(flow * (us % 1000), 1000);
  return flow * quotient(us, 1_000_000) + quotient(nanolitres + 500, 1000);
}
