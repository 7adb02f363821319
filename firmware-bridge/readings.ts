import { valueAt } from './column.ts';

/** Six seconds of the fastest scale. */
const capacity = 512;
const pumps = 32;

/**
 * The last readings of the sensors, newest at `place()`. They are amounts: never logged, wiped after use. Filled by the driver only.
 */
export class Readings implements Disposable {
  readonly #bytes = new ArrayBuffer(capacity * 8 + pumps * 4 + 8);
  /** Machine time of each reading of the scale, µs, modulo 2^31. */
  readonly atUs = new Uint32Array(this.#bytes, 0, capacity);
  /** What the scale showed then, mg; tare is the caller's. */
  readonly mg = new Int32Array(this.#bytes, capacity * 4, capacity);
  /** Pulses of each pump's flow meter since its job began. */
  readonly pulses = new Uint32Array(this.#bytes, capacity * 8, pumps);
  readonly #place = new Uint32Array(this.#bytes, capacity * 8 + pumps * 4, 2);

  /** How many readings of the scale are kept, at most 512. */
  get count(): number {
    return valueAt(this.#place, 1);
  }

  /** Place of the reading `back` readings before the newest. @throws RangeError when so many are not kept */
  place(back = 0): number {
    if (back < 0 || back >= this.count) throw new RangeError(`no reading ${back} of ${this.count}`);
    return (valueAt(this.#place, 0) + capacity - 1 - back) % capacity;
  }

  /** Takes a reading of the scale. */
  push(atUs: number, mg: number): void {
    const next = valueAt(this.#place, 0);
    this.atUs[next] = atUs;
    this.mg[next] = mg;
    this.#place[0] = (next + 1) % capacity;
    this.#place[1] = Math.min(capacity, this.count + 1);
  }

  /** Zeroes every byte. */
  wipe(): void {
    new Uint8Array(this.#bytes).fill(0);
  }

  /** Whether every byte is zero. */
  isWiped(): boolean {
    return new Uint8Array(this.#bytes).every((byte) => byte === 0);
  }

  [Symbol.dispose](): void {
    this.wipe();
  }
}
