import { valueAt } from './column.ts';

const capacity = 64;

/**
 * What a job really did, row by row of its step buffer: pump, drive and executed on-time, so that volumes can be told
 * from it even by a host that has forgotten the steps. These are amounts: never logged, wiped after use.
 */
export class DoseBuffer implements Disposable {
  /** How many rows are filled. */
  count = 0;
  readonly #bytes = new ArrayBuffer(capacity * 7 + 4);
  readonly #all = new Uint8Array(this.#bytes);
  readonly #elapsed = new Uint32Array(this.#bytes, 0, 1);
  /** Executed on-time of each step, µs; more than planned where an output stuck. */
  readonly onUs = new Uint32Array(this.#bytes, 4, capacity);
  readonly drive = new Uint16Array(this.#bytes, 4 + capacity * 4, capacity);
  readonly pump = new Uint8Array(this.#bytes, 4 + capacity * 6, capacity);

  /** Machine time from the start of the job to its end, µs. */
  get elapsedUs(): number {
    return valueAt(this.#elapsed, 0);
  }

  set elapsedUs(us: number) {
    this.#elapsed[0] = us;
  }

  /** Takes over everything from `other`. */
  copyFrom(other: DoseBuffer): void {
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
