import { valueAt } from '../column.ts';
import { DoseBuffer } from '../dose-buffer.ts';
import { StepBuffer } from '../step-buffer.ts';

const rows = 64;
const waiting = 0;
const on = 1;
const over = 2;

/**
 * The steps of one job while this computer carries them out. A step that was switched on late is switched off as much later: the
 * dose keeps its length. Made once, filled again for each job; times are µs from the start of the job.
 */
export class Schedule {
  /** What was executed, by the times of the writes. */
  readonly doses = new DoseBuffer();
  readonly #steps = new StepBuffer();
  readonly #state = new Uint8Array(rows);
  readonly #onAt = new Uint32Array(rows);

  /** Takes a copy of the steps; nothing of them has run. */
  load(steps: StepBuffer): void {
    this.wipe();
    this.#steps.copyFrom(steps);
    this.doses.pump.set(steps.pump);
    this.doses.drive.set(steps.drive);
    this.doses.count = steps.count;
  }

  /** The row with the next edge; null when every step is over. */
  next(): number | null {
    let first: number | null = null;
    for (let row = 0; row < this.#steps.count; row += 1) {
      if (this.#isOver(row) || this.#waitsForItsPump(row)) continue;
      if (first === null || this.dueUs(row) < this.dueUs(first)) first = row;
    }
    return first;
  }

  /** When the next edge of a row is due. */
  dueUs(row: number): number {
    const start = valueAt(this.#steps.startUs, row);
    if (this.#state[row] !== on) return start;
    return valueAt(this.#onAt, row) + valueAt(this.#steps.stopUs, row) - start;
  }

  /** When the job is over, as planned. */
  get lengthUs(): number {
    return this.#steps.lengthUs();
  }

  pumpOf(row: number): number {
    return valueAt(this.#steps.pump, row);
  }

  isOn(row: number): boolean {
    return this.#state[row] === on;
  }

  /** Books that the next edge of a row was executed. */
  executed(row: number, atUs: number): void {
    if (this.isOn(row)) this.#switchedOff(row, atUs);
    else {
      this.#state[row] = on;
      this.#onAt[row] = atUs;
    }
  }

  /** Brings the record up to now while the job runs. */
  bookUntil(atUs: number): void {
    this.doses.elapsedUs = atUs;
    for (let row = 0; row < this.#steps.count; row += 1) {
      if (this.isOn(row)) this.doses.onUs[row] = atUs - valueAt(this.#onAt, row);
    }
  }

  /** Books that everything went off, and nothing more of the job will run. */
  cutShort(atUs: number): void {
    this.bookUntil(atUs);
    this.#state.fill(over);
  }

  wipe(): void {
    this.#steps.wipe();
    this.doses.wipe();
    this.#state.fill(waiting);
    this.#onAt.fill(0);
  }

  #switchedOff(row: number, atUs: number): void {
    this.#state[row] = over;
    this.doses.onUs[row] = atUs - valueAt(this.#onAt, row);
  }

  #isOver(row: number): boolean {
    return this.#state[row] === over;
  }

  /** Whether an earlier step of the pump still runs, because it began late. */
  #waitsForItsPump(row: number): boolean {
    if (this.isOn(row)) return false;
    for (let other = 0; other < this.#steps.count; other += 1) {
      if (this.isOn(other) && this.#steps.pump[other] === this.#steps.pump[row]) return true;
    }
    return false;
  }
}
