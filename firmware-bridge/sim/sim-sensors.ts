import { valueAt } from '../column.ts';
import type { Sensors } from '../dispenser.ts';
import type { Readings } from '../readings.ts';
import type { Dice } from './dice.ts';
import { SimScale, type SimScaleModel } from './sim-scale.ts';

export interface SimMeter {
  readonly pump: number;
  readonly nl_per_pulse: number;
}

export interface SimSensorModel {
  readonly scale?: SimScaleModel | undefined;
  readonly meters?: readonly SimMeter[] | undefined;
}

/** What has flowed by now, as the sensors feel it. */
export interface Flowed {
  readonly mg: number;
  readonly byPump: Float64Array;
}

const metersPerSecond = 10;

/** The sensors of the model: a scale, flow meters, and who watches them. */
export class SimSensors implements Sensors {
  readonly scale: boolean;
  readonly flowMeters: readonly number[];
  /** Machine time between two readings, µs. */
  readonly everyUs: number;
  readonly #scale: SimScale | null;
  readonly #meters: readonly SimMeter[];
  readonly #begin: () => void;
  #watcher: { readonly readings: Readings; readonly onReading: () => void } | null = null;
  /** What had flowed when the last job began, µl. */
  #before: Float64Array = new Float64Array(0);
  isSilent = false;

  /** `begin` is called when somebody begins to watch: from then on `take` is called for each reading. */
  constructor({ scale, meters = [] }: SimSensorModel, dice: Dice, begin: () => void) {
    this.#scale = scale === undefined ? null : new SimScale(scale, dice);
    this.#meters = meters;
    this.#begin = begin;
    this.scale = scale !== undefined;
    this.flowMeters = meters.map(({ pump }) => pump);
    this.everyUs = 1e6 / (scale?.perSecond ?? metersPerSecond);
  }

  get isWatched(): boolean {
    return this.#watcher !== null;
  }

  watch(readings: Readings, onReading: () => void): Disposable {
    const watcher = { readings, onReading };
    const isFirst = this.#watcher === null;
    this.#watcher = watcher;
    if (isFirst) this.#begin();
    return {
      [Symbol.dispose]: () => {
        if (this.#watcher === watcher) this.#watcher = null;
      },
    };
  }

  /** A job begins: flow meters count from here. */
  jobBegins(flowed: Flowed): void {
    this.#before = flowed.byPump;
  }

  lift(flowed: Flowed): void {
    this.#scale?.lift(flowed.mg);
  }

  putBack(flowed: Flowed, back: Parameters<SimScale['putBack']>[1]): void {
    this.#scale?.putBack(flowed.mg, back);
  }

  /** A hand leans on the glass. */
  lean(mg: number): void {
    if (this.#scale !== null) this.#scale.leaning_mg = mg;
  }

  /** One reading of everything at the machine time `at`, µs. */
  take(at: number, flowed: Flowed): void {
    const mg = this.#scale?.read(at, flowed.mg);
    if (this.#watcher === null || this.isSilent) return;
    const { readings, onReading } = this.#watcher;
    if (mg !== undefined) readings.push(at % 2 ** 31, mg);
    for (const { pump, nl_per_pulse } of this.#meters) {
      const ul = valueAt(flowed.byPump, pump) - (this.#before[pump] ?? 0);
      readings.pulses[pump] = Math.floor((ul * 1000) / nl_per_pulse);
    }
    onReading();
  }
}
