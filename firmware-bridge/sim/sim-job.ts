import { valueAt } from '../column.ts';
import type { GuardName, JobEnd } from '../dispenser.ts';
import { DoseBuffer } from '../dose-buffer.ts';
import { StepBuffer } from '../step-buffer.ts';
import type { StepLuck } from './pump-model.ts';

/** Something that will happen in a job, at a machine time of the model, µs. */
export type JobEvent = { readonly at: number } & (
  | { readonly t: 'dry'; readonly pump: number }
  | { readonly t: 'lease-lost' }
  | { readonly t: 'end'; readonly end: JobEnd }
);

/** One job as the far end sees it: its own copy of the steps, and what chance makes of each. */
export class SimJob {
  readonly number: number;
  /** Machine time of the model at which the job started, µs. */
  readonly startedAt: number;
  /** Machine time of the model at which its lease ends, µs. */
  leaseEnd: number;
  readonly steps = new StepBuffer();
  readonly doses = new DoseBuffer();
  readonly ended = Promise.withResolvers<JobEnd>();
  /** Place n belongs to row n of the steps. */
  readonly luck: StepLuck[] = [];
  end: JobEnd | null = null;
  renewable = true;
  /** Contacts that end it when they open. */
  heed: readonly GuardName[] = [];
  readonly #coming: JobEvent[] = [];

  constructor(number: number, steps: StepBuffer, startedAt: number, leaseEnd: number) {
    this.number = number;
    this.steps.copyFrom(steps);
    this.startedAt = startedAt;
    this.leaseEnd = leaseEnd;
  }

  /** Puts an event on the job's calendar. */
  expect(event: JobEvent): void {
    this.#coming.push(event);
    this.#coming.sort((a, b) => a.at - b.at);
  }

  /** The next thing to happen; the job's own end at the latest. */
  next(): JobEvent {
    const over = this.startedAt + this.steps.lengthUs();
    const last: JobEvent =
      over <= this.leaseEnd
        ? { t: 'end', at: over, end: { t: 'done' } }
        : { t: 'end', at: this.leaseEnd, end: { t: 'fault', code: 'dispenser/lease-expired' } };
    const first = this.#coming[0];
    return first !== undefined && first.at <= last.at ? first : last;
  }

  /** Takes an event off the calendar. */
  passed(event: JobEvent): void {
    if (this.#coming[0] === event) this.#coming.shift();
  }

  /** Rows of the pump, the earliest first; of all pumps when none is given. */
  rows(pump?: number): number[] {
    const all = Array.from({ length: this.steps.count }, (_, row) => row);
    const own = all.filter((row) => pump === undefined || this.steps.pump[row] === pump);
    return own.sort((a, b) => valueAt(this.steps.startUs, a) - valueAt(this.steps.startUs, b));
  }

  /** Writes into the doses what was executed up to the machine time `at`; row `welded` went on after its stop. */
  execute(at: number, welded: number | null): void {
    const us = at - this.startedAt;
    this.doses.wipe();
    this.doses.elapsedUs = us;
    this.doses.count = this.steps.count;
    this.doses.pump.set(this.steps.pump);
    this.doses.drive.set(this.steps.drive);
    for (const row of this.rows()) {
      const stop = row === welded ? us : Math.min(us, valueAt(this.steps.stopUs, row));
      const idle = row !== welded && welded !== null && this.steps.pump[row] === this.steps.pump[welded];
      this.doses.onUs[row] = idle ? 0 : Math.max(0, stop - valueAt(this.steps.startUs, row));
    }
  }

  /** How long the step of `row` has been on by the machine time `at`, µs. */
  onUsAt(row: number, at: number): number {
    const stop = Math.min(at - this.startedAt, valueAt(this.steps.stopUs, row));
    return Math.max(0, stop - valueAt(this.steps.startUs, row));
  }

  /** Bit n: pump n is commanded on at the machine time `at`. */
  outputsAt(at: number): number {
    const us = at - this.startedAt;
    let bits = 0;
    for (const row of this.rows()) {
      const on = us >= valueAt(this.steps.startUs, row) && us < valueAt(this.steps.stopUs, row);
      if (on) bits |= 1 << valueAt(this.steps.pump, row);
    }
    return bits;
  }

  wipe(): void {
    this.steps.wipe();
    this.doses.wipe();
    this.luck.length = 0;
  }
}
