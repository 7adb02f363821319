/**
 * Time within one job, finer than a `Clock` tells it. Every number stays below 2^31, so that none of it is copied about on the
 * heap, where it could not be wiped: the difference of two is a dose.
 */
export interface Stopwatch {
  /** Counts from 0 again. */
  start(): void;
  /** Whole microseconds since `start`; never falls, good for 35 minutes. */
  us(): number;
}
