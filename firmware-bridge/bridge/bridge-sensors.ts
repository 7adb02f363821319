import type { Clock } from '#shared/clock.ts';
import { milliseconds } from '#shared/units.ts';
import type { Sensors } from '../dispenser.ts';
import type { Readings } from '../readings.ts';
import type { Board } from './board.ts';
import type { BridgeOptions } from './bridge-options.ts';
import { request } from './messages.ts';
import { quotient } from './ticks.ts';

/** Flow meters are asked so often while somebody watches. */
const pulsesEvery = milliseconds(50);
/** A scale that shows more is broken, mg; with it the product stays below 2^31. */
const mostGrams = 2_000_000;
const pumps = 32;

const none = new Uint32Array(pumps);

interface Watcher {
  readonly readings: Readings;
  readonly onReading: () => void;
}

/** Scale and flow meters of a board. Readings go from the received frame into the watcher's buffer and nowhere else. */
export class BridgeSensors implements Sensors {
  readonly scale: boolean;
  readonly flowMeters: readonly number[];
  readonly #countsPerG: number;
  readonly #clock: Clock;
  /** The board as it is now; null while there is none. */
  readonly #board: () => Board | null;
  #watcher: Watcher | null = null;
  /** Pulses before the job began; amounts of earlier jobs. */
  readonly #before = new Uint32Array(pumps);
  /** Far time of the newest reading, and machine time of the same moment, µs modulo 2^31. */
  #lastTicks = 0;
  #atUs = 0;

  constructor({ scale, pumps }: BridgeOptions, clock: Clock, board: () => Board | null) {
    if (scale?.countsPerG === 0) throw new RangeError('a scale that shows nothing of a gram');
    this.scale = scale !== undefined;
    this.flowMeters = pumps.filter(({ meter }) => meter !== undefined).map(({ pump }) => pump);
    this.#countsPerG = scale?.countsPerG ?? 1;
    this.#clock = clock;
    this.#board = board;
  }

  watch(readings: Readings, onReading: () => void): Disposable {
    const watcher = { readings, onReading };
    this.#watcher = watcher;
    this.resume();
    if (this.flowMeters.length > 0) this.#pollPulses(watcher);
    return {
      [Symbol.dispose]: () => {
        if (this.#watcher !== watcher) return;
        this.#watcher = null;
        this.#before.fill(0);
        this.#tellScale(0);
      },
    };
  }

  /** Has a board of a new session send readings again, if somebody watches. */
  resume(board: Board | null = this.#board()): void {
    if (this.#watcher !== null) this.#tellScale(1, board);
  }

  /** Counts pulses from now on. */
  async beginJob(board: Board): Promise<void> {
    this.#before.fill(0);
    await board.pulses(this.#before, this.flowMeters, none);
  }

  /** Takes a reading of the scale, in place. */
  take(weight: DataView): void {
    const ticks = this.#board()?.ticks;
    if (this.#watcher === null || ticks === undefined) return;
    const now = weight.getUint32(0, true);
    this.#atUs = (this.#atUs + ticks.us((now - this.#lastTicks) & 0x7fffffff)) & 0x7fffffff;
    this.#lastTicks = now;
    this.#watcher.readings.push(this.#atUs, milligrams(weight.getInt32(4, true), this.#countsPerG));
    this.#watcher.onReading();
  }

  #tellScale(on: 0 | 1, board = this.#board()): void {
    // without a link there is nothing to tell; a session that begins later is told by `resume`
    if (this.scale) board?.tell(request.watch, (out) => out.u8(on)).catch(() => undefined);
  }

  #pollPulses(watcher: Watcher): void {
    this.#clock.after(pulsesEvery, () => {
      if (this.#watcher !== watcher) return;
      const told = async (): Promise<void> => {
        await this.#board()?.pulses(watcher.readings.pulses, this.flowMeters, this.#before);
        if (this.#watcher === watcher) watcher.onReading();
      };
      void told()
        .catch(() => undefined)
        .finally(() => this.#pollPulses(watcher));
    });
  }
}

/** mg of so many counts, whole and below 2^31, so that no weight lies on the heap. */
export function milligrams(counts: number, countsPerG: number): number {
  const size = Math.abs(counts);
  const perG = Math.abs(countsPerG);
  const grams = Math.min(mostGrams, quotient(size, perG));
  const mg = grams * 1000 + quotient((size % perG) * 1000, perG);
  return counts < 0 === countsPerG < 0 ? mg : -mg;
}
