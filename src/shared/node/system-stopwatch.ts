import koffi from 'koffi';
import type { Stopwatch } from '../stopwatch.ts';

/** CLOCK_MONOTONIC of clock_gettime(2). */
const monotonic = 1;

/** The monotonic clock of this computer. It is read into one buffer: Node's own ways leave each reading on the heap. */
export function systemStopwatch(): Stopwatch {
  const clockGettime = koffi.load(null).func('int clock_gettime(int, void *)') as (
    id: number,
    into: Int32Array,
  ) => number;
  // struct timespec is two longs; the low half of each is all that changes within a job
  const now = new Int32Array(4);
  const nanoseconds = koffi.sizeof('long') / 4;
  const from = new Int32Array(2);
  const read = (place: number): number => now[place] ?? 0;
  return {
    start() {
      clockGettime(monotonic, now);
      from[0] = read(0);
      from[1] = inMicroseconds(read(nanoseconds));
    },
    us() {
      clockGettime(monotonic, now);
      return (read(0) - (from[0] ?? 0)) * 1_000_000 + inMicroseconds(read(nanoseconds)) - (from[1] ?? 0);
    },
  };
}

/** Divides evenly only: a quotient with a fraction would lie on the heap. */
function inMicroseconds(nanoseconds: number): number {
  return (nanoseconds - (nanoseconds % 1000)) / 1000;
}
