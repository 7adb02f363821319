import { invariant } from '#shared/failure.ts';
import { valueAt } from './column.ts';

const workWords = 32;
/** Longest job, µs (about 33 minutes): below 2^31, so that no time in it is ever a number on the heap. */
export const longestJob = 2_000_000_000;
/** Six entries of a piece, each in up to eight pulses, and some room. */
const capacity = 64;

/**
 * Pump steps of one piece, made once and filled again for each piece. Columns, because numbers in objects are copied
 * about by the garbage collector and cannot be wiped. A step's place is its row, `0 … count - 1`; rows are in no order.
 * Times are machine time in µs from the start of the job, at most `longestJob`.
 */
export class StepBuffer implements Disposable {
  /** How many rows are filled. */
  count = 0;
  readonly #bytes = new ArrayBuffer(capacity * 12 + workWords * 4 + 4);
  /** Made once: a view made for each wipe would be one more thing on the heap for each piece. */
  readonly #all = new Uint8Array(this.#bytes);
  readonly startUs = new Uint32Array(this.#bytes, 0, capacity);
  readonly stopUs = new Uint32Array(this.#bytes, capacity * 4, capacity);
  /** How hard the pump is driven, 1 … 1000 permille. */
  readonly drive = new Uint16Array(this.#bytes, capacity * 8, capacity);
  readonly pump = new Uint8Array(this.#bytes, capacity * 10, capacity);
  /** Slot of the recipe that the step belongs to; no dispenser looks at it. */
  readonly slot = new Uint8Array(this.#bytes, capacity * 11, capacity);
  /** Room for whoever fills the buffer; wiped with it. */
  readonly work = new Uint32Array(this.#bytes, capacity * 12, workWords);
  readonly #rest = new Uint32Array(this.#bytes, capacity * 12 + workWords * 4, 1);

  /** The job is not done before this machine time, even when its last step stopped earlier (drip wait). */
  get restUs(): number {
    return valueAt(this.#rest, 0);
  }

  set restUs(us: number) {
    this.#rest[0] = us;
  }

  /** Adds a step; nothing is added when it would be empty. */
  push(pump: number, slot: number, drive: number, startUs: number, stopUs: number): void {
    if (stopUs <= startUs) return;
    invariant(this.count < capacity && stopUs <= longestJob, 'a step fits its buffer');
    const row = this.count;
    this.pump[row] = pump;
    this.slot[row] = slot;
    this.drive[row] = drive;
    this.startUs[row] = startUs;
    this.stopUs[row] = stopUs;
    this.count += 1;
  }

  /** When the last step stops and the rest is over, µs. */
  lengthUs(): number {
    let end = this.restUs;
    for (let row = 0; row < this.count; row += 1) end = Math.max(end, valueAt(this.stopUs, row));
    return end;
  }

  /** Starts every step `us` later. */
  shift(us: number): void {
    for (let row = 0; row < this.count; row += 1) {
      this.startUs[row] = valueAt(this.startUs, row) + us;
      this.stopUs[row] = valueAt(this.stopUs, row) + us;
    }
  }

  /** Takes over everything from `other`. */
  copyFrom(other: StepBuffer): void {
    this.#all.set(other.#all);
    this.count = other.count;
  }

  /** Zeroes every byte. */
  wipe(): void {
    this.#all.fill(0);
    this.count = 0;
  }

  /** Whether every byte is zero. */
  isWiped(): boolean {
    return this.count === 0 && this.#all.every((byte) => byte === 0);
  }

  [Symbol.dispose](): void {
    this.wipe();
  }
}
