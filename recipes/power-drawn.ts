import type { Manifest } from './manifest-schema.ts';

/**
 * The most that the pumps of a drink may draw together, mW: as many as its bounds let run at once, the most power-hungry of its
 * ingredients, each on its most power-hungry line. What really runs together is the recipe's secret.
 */
export function mostPowerMw(
  { ingredients, bounds }: Pick<Manifest, 'ingredients' | 'bounds'>,
  lines: readonly { readonly ingredient: string; readonly power_mw?: number }[],
): number {
  const drawn = ingredients.map(({ id }) =>
    lines.reduce((most, { ingredient, power_mw = 0 }) => (ingredient === id ? Math.max(most, power_mw) : most), 0),
  );
  return drawn
    .toSorted((a, b) => b - a)
    .slice(0, bounds.parallel)
    .reduce((sum, each) => sum + each, 0);
}
