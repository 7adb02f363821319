import { type IngredientCatalogue, ingredientOf } from './ingredients.ts';
import type { Label } from './manifest-schema.ts';

/** Width of the published classes: percent by volume, kcal and mg of caffeine per drink. */
export const labelSteps = { abv: 2, kcal: 50, caffeine: 20 } as const;

/** The label computed from ingredients and amounts (µl, one for each ingredient), each figure rounded up to its class. */
export function labelOf(
  ingredients: readonly string[],
  amounts: readonly number[],
  catalogue: IngredientCatalogue,
): Label {
  const known = ingredients.map((id) => ingredientOf(catalogue, id));
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  const per100ml = (figures: readonly (number | null)[]): number | null => {
    let sum = 0;
    for (const [slot, figure] of figures.entries()) {
      if (figure === null) return null;
      sum += (figure * (amounts[slot] ?? 0)) / 100_000;
    }
    return sum;
  };
  const alcohol = known.reduce((sum, { abv }, slot) => sum + (abv * (amounts[slot] ?? 0)) / total, 0);
  return {
    allergens: [...new Set(known.flatMap(({ allergens }) => allergens))].sort(),
    abv: roundUp(alcohol, labelSteps.abv),
    kcal: roundedUp(per100ml(known.map(({ kcal }) => kcal)), labelSteps.kcal),
    caffeine: roundedUp(per100ml(known.map(({ caffeine }) => caffeine)), labelSteps.caffeine),
  };
}

function roundedUp(figure: number | null, step: number): number | null {
  return figure === null ? null : roundUp(figure, step);
}

/** To the next whole step; a millionth above one is arithmetic, not an amount. */
function roundUp(figure: number, step: number): number {
  return Math.ceil(Math.round((figure / step) * 1e6) / 1e6) * step;
}
