import type { Clock } from '#shared/clock.ts';
import type { Stopwatch } from '#shared/stopwatch.ts';
import { milliseconds } from '#shared/units.ts';

/** How early a timer is set at most, µs: beyond that this computer is too busy to predict anything. */
const mostLead = 1_000;
/** How long is spun at most, µs: the lead, and what a timer of whole milliseconds leaves over. */
export const mostSpin = mostLead + 1_000;
/** Ends the spinning on a clock that stands. */
const mostTurns = 50_000;

/**
 * Waits for a time of the stopwatch: sets a timer early by how late timers came lately and spins the rest, at most 2 ms.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #stopwatch: Stopwatch;
  readonly #ring: () => void;
  #timer: Disposable | null = null;
  /** How late timers come, µs: at once when it grows, fading when it falls. */
  #lead = mostLead;

  /** `ring` is called when it is worth asking `reached` again. */
  constructor(clock: Clock, stopwatch: Stopwatch, ring: () => void) {
    this.#clock = clock;
    this.#stopwatch = stopwatch;
    this.#ring = ring;
  }

  /** Whether the time has come, within a spin; if not, rings for it. */
  reached(dueUs: number): boolean {
    this.clear();
    const left = dueUs - this.#stopwatch.us();
    if (left > mostSpin) {
      const timed = left - this.#lead;
      this.#set((timed - (timed % 1_000)) / 1_000);
      return false;
    }
    let turns = 0;
    while (turns < mostTurns && this.#stopwatch.us() < dueUs) turns += 1;
    return true;
  }

  clear(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  #set(ms: number): void {
    const due = this.#stopwatch.us() + ms * 1_000;
    this.#timer = this.#clock.after(milliseconds(ms), () => {
      this.#timer = null;
      this.#learn(this.#stopwatch.us() - due);
      this.#ring();
    });
  }

  #learn(late: number): void {
    const faded = this.#lead - (this.#lead >> 3);
    this.#lead = Math.min(mostLead, Math.max(late, faded));
  }
}
