import type { Clock } from '#shared/clock.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { type Instant, instant, type Milliseconds } from '#shared/units.ts';

/** This computer's clock, of which the wall time can be set. */
export class WorldClock implements Clock {
  #ahead = 0;

  now(): Instant {
    return instant(systemClock.now() + this.#ahead);
  }

  monotonic(): Milliseconds {
    return systemClock.monotonic();
  }

  after(delay: Milliseconds, task: () => void): Disposable {
    return systemClock.after(delay, task);
  }

  /** Moves the wall time, also back. */
  leap(ms: number): void {
    this.#ahead += ms;
  }
}
