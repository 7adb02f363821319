import type { Clock } from '#shared/clock.ts';
import { type Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { milliseconds } from '#shared/units.ts';
import type { OrderEffect } from './order.ts';

export interface EffectPorts {
  readonly clock: Clock;
  readonly log: Log;
  run(order: string, effect: OrderEffect): Promise<void>;
  /** Whether the order still calls for it: asked before each repeat. */
  isWanted(order: string, effect: OrderEffect): boolean;
  /** It could not be done now; true when it is to be tried again. */
  refused(order: string, effect: OrderEffect, failure: Failure): boolean;
  /** It ended in an error that is no failure: nobody knows what was done. */
  broke(order: string, effect: OrderEffect): void;
}

interface Work {
  readonly order: string;
  readonly effect: OrderEffect;
  tries: number;
  /** Asked for once more while under way. */
  again: boolean;
  running: Promise<void> | null;
  retry: Disposable | null;
}

const firstPauseMs = 1000;
/** Where a customer waits, and where nobody does. */
const longestPauseMs = 4000;
const patientPauseMs = 60_000;

/**
 * Sees effects done: each at most once at a time for an order, tried again after pauses that double while it is refused for
 * a time, and never again after it broke. Nothing that is thrown leaves this class.
 */
export class EffectRunner {
  readonly #ports: EffectPorts;
  readonly #works = new Map<string, Work>();
  readonly #broken = new Set<string>();
  #closed = false;

  constructor(ports: EffectPorts) {
    this.#ports = ports;
  }

  /** Begins an effect, unless it is under way or waits for its next try. Resolves when this try is over. */
  begin(order: string, effect: OrderEffect): Promise<void> {
    const key = `${order} ${effect}`;
    if (this.#closed || this.#broken.has(key)) return Promise.resolve();
    const known = this.#works.get(key);
    if (known?.running != null) {
      known.again = true;
      return known.running;
    }
    if (known !== undefined) return Promise.resolve();
    return this.#try({ order, effect, tries: 0, again: false, running: null, retry: null });
  }

  /** What waits is tried now: something has changed. */
  wake(): void {
    for (const work of this.#works.values()) if (work.retry !== null) void this.#retry(work);
  }

  close(): void {
    this.#closed = true;
    for (const { retry } of this.#works.values()) retry?.[Symbol.dispose]();
  }

  #try(work: Work): Promise<void> {
    work.again = false;
    this.#works.set(keyOf(work), work);
    work.running = this.#attempt(work);
    return work.running;
  }

  async #attempt(work: Work): Promise<void> {
    const { order, effect } = work;
    try {
      // what begins an effect has its own to finish first
      await Promise.resolve();
      if (this.#closed) return;
      await this.#ports.run(order, effect);
      this.#done(work, work.again);
    } catch (error) {
      if (this.#closed) return;
      if (!isFailure(error)) this.#broke(work, error);
      else if (!this.#refused(work, error)) this.#done(work, false);
    }
  }

  #done(work: Work, again: boolean): void {
    work.running = null;
    this.#works.delete(keyOf(work));
    if (again && !this.#closed && this.#ports.isWanted(work.order, work.effect)) void this.#try(work);
  }

  /** Whether it is tried again. */
  #refused(work: Work, failure: Failure): boolean {
    const { order, effect } = work;
    this.#ports.log.warn('order effect refused', { order, effect, code: failure.code });
    const again = this.#ports.refused(order, effect, failure);
    work.running = null;
    if (!again) return false;
    const most = effect === 'book' || effect === 'refund' ? patientPauseMs : longestPauseMs;
    const pause = Math.min(most, firstPauseMs * 2 ** Math.min(work.tries, 16));
    work.tries += 1;
    work.retry = this.#ports.clock.after(milliseconds(pause), () => void this.#retry(work));
    return true;
  }

  async #retry(work: Work): Promise<void> {
    work.retry?.[Symbol.dispose]();
    work.retry = null;
    if (!this.#closed && this.#ports.isWanted(work.order, work.effect)) await this.#try(work);
    else this.#works.delete(keyOf(work));
  }

  #broke(work: Work, error: unknown): void {
    const { order, effect } = work;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#ports.log.error('order effect broke', { order, effect, code: 'order/broken', reason });
    // a start is asked for by a touch, each time anew
    if (effect !== 'pour') this.#broken.add(keyOf(work));
    this.#works.delete(keyOf(work));
    try {
      this.#ports.broke(order, effect);
    } catch (second) {
      this.#ports.log.error('open case not kept', { order, effect, reason: String(second) });
    }
  }
}

const keyOf = ({ order, effect }: Work): string => `${order} ${effect}`;
