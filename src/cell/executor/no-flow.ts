import { valueAt } from '#firmware-bridge/column.ts';
import type { Readings } from '#firmware-bridge/readings.ts';
import type { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { quotient, volumeIn } from '../planner/whole.ts';
import type { FeedbackMachine } from './feedback-machine.ts';
import { ageOf, lowestBetween, massOf, meanOf, timeBetween } from './weight.ts';

const pumps = 32;
/** What is commanded for so long has to be seen, µs. */
const windowUs = 4_000_000;
/** What was commanded last is perhaps still on its way: not expected yet, µs. */
const onItsWayUs = 500_000;
/** Less is not told from noise, mg. */
const leastMg = 4_000;
/** How long a flow meter may be still while its pump runs, µs, and how many pulses must be missing. */
const meterUs = 2_000_000;
const leastPulses = 4;
/** One look in so many readings: ten a second of the fastest scale. */
const lookEvery = 8;
/** Means are taken of so many readings. */
const few = 8;

/**
 * Whether what is commanded really flows. By the scale: over four seconds two thirds of the weakest line's share are missing, and
 * a quarter of all that should have come (a worn hose pours on, an empty bottle does not). By flow meters: no pulse for two seconds.
 */
export class NoFlowWatch implements Disposable {
  readonly #machine: FeedbackMachine;
  /** What is expected of each pump in the window, mg. */
  readonly #shares = new Uint32Array(pumps);
  /** Pulses of each pump when they last changed, and when that was, µs of the job. */
  readonly #pulses = new Uint32Array(pumps);
  readonly #pulsedAt = new Uint32Array(pumps);
  /** When the job began. */
  readonly #began = new Uint32Array(1);
  #looks = 0;

  constructor(machine: FeedbackMachine) {
    this.#machine = machine;
  }

  /** A job begins, now. */
  begin(readings: Readings): void {
    this.wipe();
    if (readings.count > 0) this.#began[0] = valueAt(readings.atUs, readings.place());
  }

  /** Whether the scale misses what a line of the running job should bring; asked after each reading. */
  isDry(readings: Readings, steps: StepBuffer): boolean {
    this.#looks += 1;
    if (this.#looks % lookEvery !== 0 || readings.count === 0) return false;
    const now = this.#now(readings);
    return now >= windowUs + onItsWayUs && this.#isLight(readings, steps, now, windowUs);
  }

  /** The same for a job that is over, which may have been short. */
  wasDry(readings: Readings, steps: StepBuffer): boolean {
    if (readings.count === 0) return false;
    const now = this.#now(readings);
    return this.#isLight(readings, steps, now, Math.min(now, windowUs));
  }

  /** Whether the flow meter of a pump is still although the pump runs; `now`: µs since the job began, by any clock. */
  isStill(readings: Readings, steps: StepBuffer, pump: number, now: number): boolean {
    const pulses = valueAt(readings.pulses, pump);
    if (pulses !== valueAt(this.#pulses, pump)) {
      this.#pulses[pump] = pulses;
      this.#pulsedAt[pump] = now;
      return false;
    }
    const since = valueAt(this.#pulsedAt, pump);
    let us = 0;
    let ul = 0;
    for (let row = 0; row < steps.count; row += 1) {
      if (steps.pump[row] !== pump) continue;
      us += this.#flowing(steps, row, since, now);
      ul += this.#volume(steps, row, since, now);
    }
    return us >= meterUs && quotient(ul * 1000, this.#machine.nlPerPulse(pump)) >= leastPulses;
  }

  wipe(): void {
    this.#shares.fill(0);
    this.#pulses.fill(0);
    this.#pulsedAt.fill(0);
    this.#began.fill(0);
    this.#looks = 0;
  }

  isWiped(): boolean {
    return [this.#shares, this.#pulses, this.#pulsedAt, this.#began].every((each) =>
      each.every((value) => value === 0),
    );
  }

  [Symbol.dispose](): void {
    this.wipe();
  }

  #now(readings: Readings): number {
    return timeBetween(valueAt(this.#began, 0), valueAt(readings.atUs, readings.place()));
  }

  #isLight(readings: Readings, steps: StepBuffer, now: number, window: number): boolean {
    if (window <= onItsWayUs || ageOf(readings, readings.count - 1) < window) return false;
    const expected = this.#expected(steps, now - window, now - onItsWayUs);
    if (expected < leastMg) return false;
    const older = lowestBetween(readings, quotient(window, 5), window);
    const missing = expected - (meanOf(readings, few) - older);
    let weakest = expected;
    for (let pump = 0; pump < pumps; pump += 1) {
      if (valueAt(this.#shares, pump) > 0) weakest = Math.min(weakest, valueAt(this.#shares, pump));
    }
    this.#shares.fill(0);
    return missing * 3 > weakest * 2 && missing * 4 > expected;
  }

  /** What the steps should bring between two moments of the job, mg, and of it each pump's share. */
  #expected(steps: StepBuffer, from: number, to: number): number {
    let sum = 0;
    this.#shares.fill(0);
    for (let row = 0; row < steps.count; row += 1) {
      const pump = valueAt(steps.pump, row);
      const mg = massOf(this.#volume(steps, row, from, to), this.#machine.densityOf(pump));
      this.#shares[pump] = valueAt(this.#shares, pump) + mg;
      sum += mg;
    }
    return sum;
  }

  /** What one step should bring between two moments of the job, µl. */
  #volume(steps: StepBuffer, row: number, from: number, to: number): number {
    const calibration = this.#machine.calibrationOf(valueAt(steps.pump, row));
    return volumeIn(this.#flowing(steps, row, from, to), calibration.flowAt(valueAt(steps.drive, row)));
  }

  /** How long liquid should flow of one step between two moments of the job, µs. */
  #flowing(steps: StepBuffer, row: number, from: number, to: number): number {
    const flows = valueAt(steps.startUs, row) + this.#machine.calibrationOf(valueAt(steps.pump, row)).lagUs;
    return Math.max(0, Math.min(to, valueAt(steps.stopUs, row)) - Math.max(from, flows));
  }
}
