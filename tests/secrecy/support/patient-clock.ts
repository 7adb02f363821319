import type { Clock } from '#shared/clock.ts';
import { type Instant, instant, later, type Milliseconds, milliseconds } from '#shared/units.ts';
import { startOfTest } from '../../support/marketplace/people.ts';

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

/**
 * A clock that leaps from alarm to alarm, and stands still while anything is under way that takes real time: what a run tells
 * depends on nothing but what happens in it.
 */
export class PatientClock implements Clock {
  #alarms: Alarm[] = [];
  #set = 0;
  #gone = 0;
  #busy = 0;

  now(): Instant {
    return later(instant(startOfTest), this.monotonic());
  }

  monotonic(): Milliseconds {
    return milliseconds(this.#gone);
  }

  after(delay: Milliseconds, task: () => void): Disposable {
    this.#set += 1;
    const alarm = { at: this.#gone + delay, order: this.#set, task };
    this.#alarms.push(alarm);
    this.#alarms.sort((a, b) => a.at - b.at || a.order - b.order);
    return {
      [Symbol.dispose]: () => {
        this.#alarms = this.#alarms.filter((each) => each !== alarm);
      },
    };
  }

  /** Time stands still until `work` is settled. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work;
    } finally {
      this.#busy -= 1;
    }
  }

  /** Lets `ms` pass, with every alarm in them and whatever follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.#gone + ms;
    await this.#settle();
    for (let next = this.#alarms[0]; next !== undefined && next.at <= end; next = this.#alarms[0]) {
      this.#alarms.shift();
      this.#gone = Math.max(this.#gone, next.at);
      next.task();
      await this.#settle();
    }
    this.#gone = end;
  }

  /** Lets time pass until `work` is settled, and answers it. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
    };
    work.then(mark, mark);
    await this.#settle();
    while (!isSettled) {
      const next = this.#alarms[0];
      if (next === undefined) throw new Error('waiting for ever: no alarm is set');
      await this.advance(next.at - this.#gone);
    }
    return work;
  }

  /** Lets time pass, a tenth of a second at a time, until `condition` holds. */
  async when(condition: () => boolean): Promise<void> {
    for (let tries = 0; !condition(); tries += 1) {
      if (tries > 6000) throw new Error('waited for ten minutes');
      await this.advance(100);
    }
  }

  async #settle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#busy > 0);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
