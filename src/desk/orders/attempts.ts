import type { Clock } from '#shared/clock.ts';
import type { Milliseconds } from '#shared/units.ts';

/** Counts attempts over a sliding window: at most `most` in `window`. */
export class Attempts {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #window: Milliseconds;
  #at: number[] = [];

  constructor(clock: Clock, most: number, window: Milliseconds) {
    this.#clock = clock;
    this.#most = most;
    this.#window = window;
  }

  note(): void {
    this.#at = [...this.#recent(), this.#clock.monotonic()];
  }

  /** Milliseconds until the next one is allowed; 0 when it is now. */
  wait(): number {
    const recent = this.#recent();
    const oldest = recent.at(-this.#most);
    return oldest === undefined ? 0 : oldest + this.#window - this.#clock.monotonic();
  }

  #recent(): number[] {
    const from = this.#clock.monotonic() - this.#window;
    return this.#at.filter((at) => at > from);
  }
}
