import type { Clock } from '#shared/clock.ts';
import { Failure } from '#shared/failure.ts';
import type { Milliseconds } from '#shared/units.ts';
import type { JobEnd } from '../dispenser.ts';

/** A job as the host knows it: its number and how it ended, never its steps. */
export class BridgeJob {
  readonly number: number;
  /** Whether the far end has said that it runs. */
  isArmed = false;
  #end: JobEnd | null = null;
  #timer: Disposable | null = null;
  readonly #ended = Promise.withResolvers<JobEnd>();

  constructor(number: number) {
    this.number = number;
  }

  get ended(): Promise<JobEnd> {
    return this.#ended.promise;
  }

  get isOver(): boolean {
    return this.#end !== null;
  }

  /** Only the first end counts. */
  finish(end: JobEnd): void {
    this.#end ??= end;
    this.#timer?.[Symbol.dispose]();
    this.#ended.resolve(this.#end);
  }

  /** Has `look` called after `wait`, in place of an earlier call to come; not when the job is over. */
  lookAfter(clock: Clock, wait: Milliseconds, look: () => void): void {
    this.#timer?.[Symbol.dispose]();
    if (!this.isOver) this.#timer = clock.after(wait, look);
  }

  /** @throws Failure of the code with which it ended, if that was a fault */
  requireNoFault(): void {
    if (this.#end?.t === 'fault') throw new Failure(this.#end.code);
  }
}
