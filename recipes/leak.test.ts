import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fewIngredients, testSource } from '#tests/support/sealed-drink.ts';
import { boundsOf, maxUl } from './bounds.ts';
import { labelOf } from './label.ts';
import { type LeakInterval, leakOf } from './leak.ts';
import { beverage } from './machine-class.ts';
import type { Manifest } from './manifest.ts';
import { phasesOf } from './phases.ts';

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
    // 8 % of 200 ml is 16 ml of alcohol, and 6 % is 12: 30 to 40 ml of a spirit of 40 %
    const { intervals } = told({ vodka: 40, cola: 80, 'orange-juice': 80 });
    expect(intervals.find(({ ingredient }) => ingredient === 'vodka')).toEqual({
      ingredient: 'vodka',
      minUl: 30_000,
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
