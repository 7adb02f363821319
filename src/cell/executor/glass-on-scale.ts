import { valueAt } from '#firmware-bridge/column.ts';
import type { Readings } from '#firmware-bridge/readings.ts';
import { ageOf, countWithin, meanOf, spreadOf } from './weight.ts';

/** Readings of this age were taken before the hand was at the glass, µs. */
const beforeLiftUs = 200_000;
const rememberedUs = 300_000;
/** A glass that came back may differ by so much: drops, condensation, what flowed just then, and the noise. */
const tolerance_mg = 25_000;
/** It stands still when readings of so long differ by no more. */
const stillUs = 400_000;
const still_mg = 4_000;

/** Which glass stands there: known by its weight alone. Weights are amounts: wiped with the run. */
export class GlassOnScale {
  /** What was there when it was lifted, mg, and whether it is away. */
  readonly #weights = new Int32Array(2);

  /** Whether a glass was lifted and has not been found again. */
  get isAway(): boolean {
    return valueAt(this.#weights, 1) === 1;
  }

  /** The glass is lifted now. Nothing is remembered where there are no readings. */
  lifted(readings: Readings): void {
    if (this.isAway) return;
    const newest = countWithin(readings, beforeLiftUs);
    if (newest >= readings.count) return;
    const n = Math.max(1, countWithin(readings, beforeLiftUs + rememberedUs) - newest);
    this.#weights[0] = meanOf(readings, n, newest);
    this.#weights[1] = 1;
  }

  /** What stands there now, once it stands still; null while it does not. */
  found(readings: Readings): 'same' | 'another' | null {
    if (!this.isAway) return 'same';
    const n = countWithin(readings, stillUs);
    if (n >= readings.count || ageOf(readings, n) < stillUs || spreadOf(readings, n) > still_mg) return null;
    const differs = Math.abs(meanOf(readings, n) - valueAt(this.#weights, 0)) > tolerance_mg;
    return differs ? 'another' : 'same';
  }

  /** From here on the glass that stands there is the one. */
  accept(): void {
    this.#weights.fill(0);
  }

  isWiped(): boolean {
    return this.#weights.every((value) => value === 0);
  }
}
