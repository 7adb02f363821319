import fc from 'fast-check';
import { boundsOf, maxUl } from '#recipes/bounds.ts';
import { labelOf } from '#recipes/label.ts';
import { beverage } from '#recipes/machine-class.ts';
import { phasesOf } from '#recipes/phases.ts';
import type { SourceStep } from '#recipes/source.ts';
import type { Timing } from '#recipes/record.ts';
import { fewIngredients, testSource } from '../../support/sealed-drink.ts';

const lines = ['cola', 'milk', 'orange-juice', 'vodka'] as const;
const timings: readonly Timing[] = ['machine', 'together', 'same_end', 'one_after_other'];

/** Doses of half millilitres from 20 to 35: small enough a range that many drinks have the same public part. */
const dose = fc.integer({ min: 40, max: 70 }).map((halves) => halves / 2);

interface Piece {
  readonly timing: Timing;
  readonly slots: readonly number[];
  readonly pauseS: number;
}

const piece: fc.Arbitrary<Piece> = fc.record({
  timing: fc.constantFrom(...timings),
  slots: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 }),
  pauseS: fc.constantFrom(0, 0.5, 1, 2),
});

export type Pair = readonly [readonly SourceStep[], readonly SourceStep[]];

/** Two recipes whose public parts are the same and whose amounts are not. */
export const arbitraryPair: fc.Arbitrary<Pair> = fc
  .array(piece, { minLength: 1, maxLength: 3 })
  .chain((pieces) => {
    const amounts = fc.array(dose, { minLength: 9, maxLength: 9 });
    return fc.tuple(amounts, fc.integer({ min: 1, max: 8 })).map(([first, turn]): Pair => {
      const second = [...first.slice(turn), ...first.slice(0, turn)];
      return [stepsOf(pieces, first), stepsOf(pieces, second)];
    });
  })
  .filter(([one, other]) => publicPart(one) === publicPart(other) && JSON.stringify(one) !== JSON.stringify(other));

function stepsOf(pieces: readonly Piece[], amounts: readonly number[]): SourceStep[] {
  return pieces.map(({ timing, slots, pauseS }, i) => ({
    pour: Object.fromEntries(slots.map((slot, k) => [lines[slot] ?? 'cola', amounts[3 * i + k] ?? 20])),
    timing,
    ...(pauseS === 0 ? {} : { pause_s: pauseS }),
  }));
}

/** What the manifest says of the amounts. */
function publicPart(steps: readonly SourceStep[]): string {
  const recipe = phasesOf(testSource({ steps: [...steps] }));
  const bounds = boundsOf(recipe, beverage.nominalFlow);
  const most = recipe.amounts.map((amount) => maxUl(amount, bounds.total_ul));
  return JSON.stringify([
    bounds,
    recipe.ingredients,
    most,
    labelOf(recipe.ingredients, recipe.amounts, fewIngredients),
  ]);
}
