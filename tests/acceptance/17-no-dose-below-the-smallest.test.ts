import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf } from '#recipes/bounds.ts';
import { beverage } from '#recipes/machine-class.ts';
import { phasesOf } from '#recipes/phases.ts';
import { readSource, type RecipeSource, sourceSchema } from '#recipes/source.ts';
import { isFailure } from '#shared/failure.ts';
import { microlitres } from '#shared/units.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';
import { sourceText } from '#tests/support/sealed-drink.ts';

/** 7.1 of what other drink machines get wrong: scaling a drink yields a dose that is negative or too small to pour. */
const smallestUl = 5_000;

const accepted = (text: string): RecipeSource | null => {
  try {
    return readSource(text);
  } catch (error) {
    if (isFailure(error, 'recipe/source-invalid')) return null;
    throw error;
  }
};

const amount = fc.oneof(
  fc.double({ min: -100, max: 1200, noNaN: true }),
  fc.integer({ min: -10, max: 2100 }).map((halves) => halves / 2),
  fc.constantFrom(0, -0, 0.5, 4.5, 4.999_999, 5, 1000, 1000.5, 1e21, -5),
);

describe('no dose is negative or below the smallest', () => {
  it('in any recipe that is accepted: its amounts are whole microlitres of at least 5 ml, and its bounds promise no more', () => {
    let taken = 0;
    fc.assert(
      fc.property(amount, amount, (first, second) => {
        const text = sourceText.replace('vodka: 40', `vodka: ${first}`).replace('cola: 70', `cola: ${second}`);
        const source = accepted(text);
        if (source === null) return;
        taken += 1;
        const phases = phasesOf(source);
        const doses = phases.phases.flatMap((phase) => (phase.op === 'dispense' ? phase.doses : []));
        const { min_dose: promised } = boundsOf(phases, beverage.nominalFlow);
        for (const { amountUl } of doses) {
          expect(Number.isSafeInteger(amountUl)).toBe(true);
          expect(amountUl).toBeGreaterThanOrEqual(smallestUl);
          expect(amountUl).toBeGreaterThanOrEqual(promised);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  it('by a factor: a recipe is poured as its author sealed it, and a source knows no field that scales it', () => {
    const known = Object.keys(sourceSchema.shape);
    expect(known.filter((key) => /scale|factor|size|portion|strength|boost/.test(key))).toEqual([]);
    expect(accepted(`${sourceText}scale: 0.5\n`)).toBe(null);
  });

  it('in a piece that was sealed all the same: it moves nothing', async () => {
    const { clock, run, inGlass } = await bench({ bounds: { minDoseUl: microlitres(smallestUl) } });
    const piece = dispense('together', [
      [0, 20_000],
      [1, smallestUl - 1],
    ]);
    expect(await clock.until(run.piece(piece))).toEqual({ t: 'ended', why: 'recipe/over-bound' });
    expect(inGlass()).toBe(0);
  });
});
