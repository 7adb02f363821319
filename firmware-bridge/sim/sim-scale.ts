import type { Dice } from './dice.ts';
import type { GlassBack } from './sim-fault.ts';

/** A load cell below the glass, as it is built: an HX711 gives 10 or 80 readings a second. */
export interface SimScaleModel {
  readonly perSecond: 10 | 80;
  readonly glass_mg: number;
  /** Standard deviation of one reading. */
  readonly noise_mg: number;
  /** How long it takes to show two thirds of a change (damping of cell and filter together), ms. */
  readonly lag_ms: number;
}

/** 80 readings a second, a glass of 350 g, 0.4 g of noise, 80 ms behind. */
export const usualScale: SimScaleModel = { perSecond: 80, glass_mg: 350_000, noise_mg: 400, lag_ms: 80 };
/** By how much another glass differs. */
const otherGlass_mg = 12_000;

/** What the scale shows: 0 for the empty glass that stood there when the model began, less when it is lifted. */
export class SimScale {
  readonly model: SimScaleModel;
  readonly #dice: Dice;
  #glass_mg: number;
  #isThere = true;
  /** What had been poured when what is in the glass began to be in it, and what was in the glass when it was lifted. */
  #poured_mg = 0;
  #lifted_mg = 0;
  #shown_mg = 0;
  /** What a hand adds that leans on it. */
  leaning_mg = 0;
  #at = 0;

  constructor(model: SimScaleModel, dice: Dice) {
    this.model = model;
    this.#glass_mg = model.glass_mg;
    this.#dice = dice;
  }

  /** Somebody takes the glass, at a moment when `poured_mg` have been poured since the model began. */
  lift(poured_mg: number): void {
    if (this.#isThere) this.#lifted_mg = poured_mg - this.#poured_mg;
    this.#isThere = false;
  }

  putBack(poured_mg: number, back: GlassBack): void {
    if (this.#isThere) return;
    this.#isThere = true;
    if (back === 'another') this.#glass_mg += otherGlass_mg;
    this.#poured_mg = poured_mg - (back === 'same' ? this.#lifted_mg : 0);
  }

  /** The reading at the machine time `at`, µs, mg. */
  read(at: number, poured_mg: number): number {
    const { glass_mg, lag_ms, noise_mg } = this.model;
    const lies = this.#isThere ? this.#glass_mg + poured_mg - this.#poured_mg + this.leaning_mg : 0;
    const followed = lag_ms === 0 ? 1 : 1 - Math.exp(-(at - this.#at) / 1000 / lag_ms);
    this.#at = at;
    this.#shown_mg += (lies - glass_mg - this.#shown_mg) * followed;
    return Math.round(this.#shown_mg + noise_mg * this.#dice.normal());
  }
}
