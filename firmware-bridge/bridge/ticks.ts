import { longestJob } from '../step-buffer.ts';

/**
 * Timer ticks of a microcontroller and µs, as whole numbers that stay below 2^31: greater ones, and fractions, lie on the heap, where
 * copies of a dose could not be wiped.
 */
export class Ticks {
  /** Length of one tick, ns. */
  readonly ns: number;

  /** @throws RangeError unless a tick is 1 µs to 1 ms long */
  constructor(ns: number) {
    if (!Number.isInteger(ns) || ns < 1_000 || ns > 1_000_000) throw new RangeError(`a tick of ${ns} ns`);
    this.ns = ns;
  }

  /** Whole ticks in `us`, 0 … `longestJob`; a dose is never longer than planned. */
  whole(us: number): number {
    return this.#ticks(us, 0);
  }

  /** The tick nearest to `us`, 0 … `longestJob`. */
  nearest(us: number): number {
    return this.#ticks(us, this.ns >> 1);
  }

  /** Whole µs in `ticks`, at most `longestJob`. */
  us(ticks: number): number {
    const thousands = quotient(ticks, 1000);
    if (thousands > quotient(longestJob, this.ns)) return longestJob;
    return Math.min(longestJob, thousands * this.ns + quotient((ticks % 1000) * this.ns, 1000));
  }

  #ticks(us: number, rounding: number): number {
    return quotient(us, this.ns) * 1000 + quotient((us % this.ns) * 1000 + rounding, this.ns);
  }
}

/** `n / d` rounded down, for whole `n ≥ 0`, `d > 0`; no fraction in between. */
export function quotient(n: number, d: number): number {
  return (n - (n % d)) / d;
}
