import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeasibilityMachine, PublicBounds } from './feasibility.ts';
import { predictedError } from './predicted-error.ts';

const manifest: PublicBounds = {
  machine_class: 'beverage',
  min_runtime: '0.1.0',
  ingredients: [
    { id: 'cola', max_ul: 150_000 },
    { id: 'grenadine', max_ul: 50_000 },
  ],
  bounds: { total_ul: 200_000, duration_ms: 60_000, parallel: 2, min_dose: 10_000 },
  label: { allergens: [], abv: 0, kcal: 0, caffeine: 0 },
};

function machine(...errors: readonly (readonly [string, number?])[]): FeasibilityMachine {
  const lines = errors.map(([ingredient, error]) => ({
    ingredient,
    stock_ul: 1,
    ...(error !== undefined && { dose_error_ul: error }),
  }));
  return { machine_class: 'beverage', glass_ul: 300_000, min_dose_ul: 5_000, lines };
}

describe('the error to expect of a drink', () => {
  it('is that of each line once, and at worst that of every dose its bounds allow, the worst lines first', () => {
    expect(predictedError(manifest, machine(['cola', 300], ['grenadine', 800]))).toEqual({
      ingredients: [
        { ingredient: 'cola', error_ul: 300, percent: 3 },
        { ingredient: 'grenadine', error_ul: 800, percent: 8 },
      ],
      once: { error_ul: 1_100, percent: 1 },
      // five doses of grenadine, fifteen of cola
      worst: { error_ul: 5 * 800 + 15 * 300, percent: 5 },
    });
  });

  it('is that of the worst of several lines with one ingredient', () => {
    const predicted = predictedError(manifest, machine(['cola', 300], ['grenadine', 100], ['cola', 500]));
    expect(predicted?.once.error_ul).toBe(600);
  });

  it('is not known while that of a line is not, or where there is no line', () => {
    expect(predictedError(manifest, machine(['cola', 300], ['grenadine']))).toBe(null);
    expect(predictedError(manifest, machine(['cola', 300]))).toBe(null);
  });

  it('is never less than what any recipe with these bounds can be off by', () => {
    const machineOf = (cola: number, grenadine: number): FeasibilityMachine =>
      machine(['cola', cola], ['grenadine', grenadine]);
    fc.assert(
      fc.property(fc.nat(2_000), fc.nat(2_000), fc.nat(15), fc.nat(5), (cola, grenadine, colas, grenadines) => {
        const worst = predictedError(manifest, machineOf(cola, grenadine))?.worst.error_ul ?? 0;
        expect(worst).toBeGreaterThanOrEqual(colas * cola + grenadines * grenadine);
      }),
    );
  });
});
