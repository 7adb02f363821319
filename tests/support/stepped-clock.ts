import type { Clock } from '#shared/clock.ts';
import { type Instant, instant, later, type Milliseconds, milliseconds } from '#shared/units.ts';

interface Alarm {
  readonly at: number;
  readonly task: () => void;
}

/** A clock that stands still until it is told to go on, and then leaps from alarm to alarm: hours pass in no time. */
export class SteppedClock implements Clock {
  readonly #start: Instant;
  #alarms: Alarm[] = [];
  #passed = 0;

  constructor(start: Instant = instant(1_767_225_600_000)) {
    this.#start = start;
  }

  now(): Instant {
    return later(this.#start, this.monotonic());
  }

  monotonic(): Milliseconds {
    return milliseconds(this.#passed);
  }

  after(delay: Milliseconds, task: () => void): Disposable {
    const alarm = { at: this.#passed + delay, task };
    this.#alarms.push(alarm);
    this.#alarms.sort((a, b) => a.at - b.at);
    return {
      [Symbol.dispose]: () => {
        this.#alarms = this.#alarms.filter((each) => each !== alarm);
      },
    };
  }

  /** Lets `ms` pass, with every alarm in them and whatever promises follow from it. */
  async advance(ms: number): Promise<void> {
    const end = this.#passed + ms;
    await settle();
    for (let next = this.#alarms[0]; next !== undefined && next.at <= end; next = this.#alarms[0]) {
      this.#ring(next);
      await settle();
    }
    this.#passed = end;
  }

  /** Lets `ms` pass in which this process does nothing at all: what was due rings late, when time goes on. */
  leap(ms: number): void {
    this.#passed += ms;
  }

  /** Lets time pass until `work` is settled, and answers it. @throws Error when nothing is left that could settle it. */
  async until<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    work.then(mark, mark);
    await settle();
    while (!settled) {
      const next = this.#alarms[0];
      if (next === undefined) throw new Error('waiting for ever: no alarm is set');
      this.#ring(next);
      await settle();
    }
    return work;
  }

  #ring(alarm: Alarm): void {
    this.#alarms = this.#alarms.filter((each) => each !== alarm);
    this.#passed = Math.max(this.#passed, alarm.at);
    alarm.task();
  }
}

/** Resolves when all promises that could go on have gone on. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
