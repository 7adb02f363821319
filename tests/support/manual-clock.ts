import type { Clock } from '#shared/clock.ts';
import { type Instant, instant, later, type Milliseconds, milliseconds } from '#shared/units.ts';

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now: Instant;
  #gone = 0;
  #timers: { readonly at: number; readonly task: () => void }[] = [];

  constructor(start: number = 1_800_000_000_000) {
    this.#now = instant(start);
  }

  now(): Instant {
    return this.#now;
  }

  monotonic(): Milliseconds {
    return milliseconds(this.#gone);
  }

  after(delay: Milliseconds, task: () => void): Disposable {
    const timer = { at: this.#gone + delay, task };
    this.#timers.push(timer);
    return {
      [Symbol.dispose]: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Goes on by `delay` and runs what falls due, in order of time. */
  advance(delay: number): void {
    const end = this.#gone + delay;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#goTo(next.at);
      next.task();
    }
    this.#goTo(end);
  }

  #goTo(time: number): void {
    this.#now = later(this.#now, milliseconds(time - this.#gone));
    this.#gone = time;
  }
}
