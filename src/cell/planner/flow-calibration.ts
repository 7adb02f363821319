import { valueAt } from '#firmware-bridge/column.ts';
import { greatestFlow, type MicrolitresPerSecond, type Microseconds, microlitresPerSecond } from '#shared/units.ts';
import { quotient } from './whole.ts';

/** What was measured of one pump with one liquid. */
export interface Measured {
  /** Flow at each drive (1 … 1000 permille), both rising. One point: the pump can only be on or off. */
  readonly points: readonly { readonly drive: number; readonly flow: MicrolitresPerSecond }[];
  /** On-time that carries nothing: from switching on until liquid flows, less what runs out afterwards. */
  readonly lag: Microseconds;
  /** Flow of this liquid against the one measured, permille (syrup 800, say). */
  readonly factor: number;
}

/**
 * How one pump moves one liquid: flow for drive, a straight line between measured points (the form of the 2018
 * machine's tables, there at most ten points in l/s).
 */
export class FlowCalibration {
  readonly lagUs: number;
  readonly #drives: Int32Array;
  readonly #flows: Int32Array;

  /** @throws RangeError for no points, points that do not rise, or values out of range. */
  constructor(measured: Measured) {
    this.lagUs = inRange(measured.lag, 0, 10_000_000, 'lag');
    const factor = inRange(measured.factor, 1, 10_000, 'factor');
    this.#drives = Int32Array.from(measured.points, (point) => inRange(point.drive, 1, 1000, 'drive'));
    this.#flows = Int32Array.from(measured.points, (point) =>
      inRange(Math.round((point.flow * factor) / 1000), 1, greatestFlow, 'flow'),
    );
    if (!rises(this.#drives) || !rises(this.#flows)) throw new RangeError('a calibration needs points that rise');
  }

  get minDrive(): number {
    return valueAt(this.#drives, 0);
  }

  get maxDrive(): number {
    return valueAt(this.#drives, this.#drives.length - 1);
  }

  get maxFlow(): MicrolitresPerSecond {
    return microlitresPerSecond(valueAt(this.#flows, this.#flows.length - 1));
  }

  get minFlow(): MicrolitresPerSecond {
    return microlitresPerSecond(valueAt(this.#flows, 0));
  }

  /** Whether the pump knows only one speed. */
  get isSingleSpeed(): boolean {
    return this.#drives.length === 1;
  }

  /** The flow at `drive`, which is taken into the measured range, whole µl/s. */
  flowAt(drive: number): number {
    let point = 0;
    while (point < this.#drives.length - 1 && valueAt(this.#drives, point) < drive) point += 1;
    const high = valueAt(this.#drives, point);
    const highFlow = valueAt(this.#flows, point);
    if (point === 0 || drive >= high) return highFlow;
    const low = valueAt(this.#drives, point - 1);
    const lowFlow = valueAt(this.#flows, point - 1);
    return lowFlow + quotient((highFlow - lowFlow) * (drive - low), high - low);
  }

  /** The lowest drive with at least `flow`; the highest there is when none has. */
  driveFor(flow: number): number {
    let point = 0;
    while (point < this.#drives.length && valueAt(this.#flows, point) < flow) point += 1;
    if (point === this.#drives.length) return this.maxDrive;
    if (point === 0) return this.minDrive;
    const low = valueAt(this.#drives, point - 1);
    const lowFlow = valueAt(this.#flows, point - 1);
    const rise = valueAt(this.#flows, point) - lowFlow;
    const above = (flow - lowFlow) * (valueAt(this.#drives, point) - low);
    return low + quotient(above + rise - 1, rise);
  }
}

function inRange(value: number, low: number, high: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < low || value > high) {
    throw new RangeError(`${name} must be a whole number from ${low} to ${high}, not ${value}`);
  }
  return value;
}

function rises(values: Int32Array): boolean {
  return values.length > 0 && values.every((value, i) => i === 0 || value > valueAt(values, i - 1));
}
