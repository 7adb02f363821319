import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemDisk } from '#shared/node/system-disk.ts';
import { fewIngredients, testSource } from '#tests/support/sealed-drink.ts';
import { boundsOf, maxUl } from './bounds.ts';
import type { IngredientCatalogue } from './ingredients.ts';
import { labelOf } from './label.ts';
import { type LeakInterval, leakOf, type Telling } from './leak.ts';
import { beverage } from './machine-class.ts';
import type { Manifest } from './manifest.ts';
import { phasesOf } from './phases.ts';
import { readSampleIngredients, readSamples, type SampleDrink } from './samples.ts';

/** The intervals of a drink of these millilitres, and its amounts in µl. */
function told(doses: Record<string, number>): { intervals: LeakInterval[]; amounts: readonly number[] } {
  const recipe = phasesOf(testSource({ steps: [{ pour: doses, timing: 'machine' }] }));
  const bounds = boundsOf(recipe, beverage.nominalFlow);
  const label = labelOf(recipe.ingredients, recipe.amounts, fewIngredients);
  const ingredients = recipe.ingredients.map((id, slot) => ({
    id,
    max_ul: maxUl(recipe.amounts[slot] ?? 0, bounds.total_ul),
  }));
  return { intervals: leakOf({ ingredients, bounds, label } as Manifest, fewIngredients), amounts: recipe.amounts };
}

const halfMillilitres = fc.integer({ min: 10, max: 400 }).map((half) => half / 2);

describe('what the public part tells', () => {
  it('always holds the true amounts', () => {
    const drinks = fc.record(
      { cola: halfMillilitres, milk: halfMillilitres, 'orange-juice': halfMillilitres, vodka: halfMillilitres },
      { requiredKeys: ['cola'] },
    );
    fc.assert(
      fc.property(drinks, (doses) => {
        const { intervals, amounts } = told(doses);
        for (const [slot, { minUl, maxUl: most }] of intervals.entries()) {
          expect(amounts[slot]).toBeGreaterThanOrEqual(minUl);
          expect(amounts[slot]).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('is everything when there is one ingredient', () => {
    expect(told({ cola: 200 }).intervals).toEqual([
      { ingredient: 'cola', minUl: 200_000, maxUl: 200_000, narrow: true },
    ]);
  });

  it('is a spirit to within a step of alcohol', () => {
    // 8 % of 200 ml is 16 ml of alcohol, and 6 % is 12: 30 to 40 ml of a spirit of 40 %; but below 35 ml no mixture of
    // the rest within its classes has 150 kcal
    const { intervals } = told({ vodka: 40, cola: 80, 'orange-juice': 80 });
    expect(intervals.find(({ ingredient }) => ingredient === 'vodka')).toEqual({
      ingredient: 'vodka',
      minUl: 35_000,
      maxUl: 40_000,
      narrow: true,
    });
  });

  it('is reckoned without the label where an ingredient is not publicly known', () => {
    const doses = { vodka: 40, cola: 80, 'orange-juice': 80 };
    const recipe = phasesOf(testSource({ steps: [{ pour: doses, timing: 'machine' }] }));
    const bounds = boundsOf(recipe, beverage.nominalFlow);
    const label = labelOf(recipe.ingredients, recipe.amounts, fewIngredients);
    const ingredients = recipe.ingredients.map((id) => ({ id, max_ul: 100_000 }));
    const blind = leakOf({ ingredients, bounds, label } as Manifest, new Map());
    expect(blind.every(({ minUl, maxUl: most }) => minUl === 50_001 && most < 100_000)).toBe(true);
  });
});

describe('the intervals of the sample drinks', () => {
  let samples: SampleDrink[];
  let catalogue: IngredientCatalogue;
  beforeAll(async () => {
    const disk = systemDisk(fileURLToPath(new URL('.', import.meta.url)));
    samples = await readSamples(disk);
    catalogue = await readSampleIngredients(disk);
  });

  /** What is published of amounts of these ingredients, as far as it tells of each. */
  function publicOf(ids: readonly string[], amounts: readonly number[], minDose: number): Telling {
    const total = amounts.reduce((sum, amount) => sum + amount, 0);
    return {
      ingredients: ids.map((id, slot) => ({ id, max_ul: maxUl(amounts[slot] ?? 0, total) })),
      bounds: { total_ul: total, min_dose: minDose as 5_000, parallel: 1, duration_ms: 1 },
      label: labelOf(ids, amounts, catalogue),
    };
  }

  it('hold the true amounts, are never empty, and say themselves where they are narrow', () => {
    for (const { source } of samples) {
      const recipe = phasesOf(source);
      const { ingredients, amounts } = recipe;
      const bounds = boundsOf(recipe, beverage.nominalFlow);
      const intervals = leakOf({ ...publicOf(ingredients, amounts, bounds.min_dose), bounds }, catalogue);
      expect(intervals.map(({ ingredient }) => ingredient)).toEqual(ingredients);
      for (const [slot, { minUl, maxUl: most, narrow }] of intervals.entries()) {
        expect(amounts[slot], `${source.slug} ${slot}`).toBeGreaterThanOrEqual(minUl);
        expect(amounts[slot], `${source.slug} ${slot}`).toBeLessThanOrEqual(most);
        expect(narrow).toBe(most - minUl < bounds.total_ul / 5);
        expect(most, `${source.slug} ${slot} is told to the microlitre`).toBeGreaterThan(minUl);
      }
    }
  });

  it('are as wide as they say: of three ingredients some other drink at each end is published as the same', () => {
    const step = 1_000;
    const three = samples.map(({ source }) => phasesOf(source)).filter(({ ingredients }) => ingredients.length === 3);
    expect(three.length).toBeGreaterThanOrEqual(5);
    for (const { ingredients, amounts } of three) {
      const total = amounts.reduce((sum, amount) => sum + amount, 0);
      const published = publicOf(ingredients, amounts, 5_000);
      const same = JSON.stringify(published);
      const seen = [0, 1, 2].map(() => ({ least: total, most: 0 }));
      for (let a = 5_000; a < total; a += step) {
        for (let b = 5_000; a + b <= total - 5_000; b += step) {
          const other = [a, b, total - a - b];
          if (JSON.stringify(publicOf(ingredients, other, 5_000)) !== same) continue;
          for (const [slot, amount] of other.entries()) {
            const range = seen[slot];
            if (range === undefined) continue;
            range.least = Math.min(range.least, amount);
            range.most = Math.max(range.most, amount);
          }
        }
      }
      for (const [slot, { ingredient, minUl, maxUl: most }] of leakOf(published, catalogue).entries()) {
        const { least = 0, most: greatest = 0 } = seen[slot] ?? {};
        // none lies outside, and at either end one lies within two steps of the grid
        expect([least >= minUl, greatest <= most], ingredient).toEqual([true, true]);
        expect(least - minUl, ingredient).toBeLessThanOrEqual(2 * step);
        expect(most - greatest, ingredient).toBeLessThanOrEqual(2 * step);
      }
    }
  });
});
