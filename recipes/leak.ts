import type { IngredientCatalogue } from './ingredients.ts';
import { labelSteps } from './label.ts';
import type { Manifest } from './manifest-schema.ts';

/** What anybody can tell about one ingredient's amount. */
export interface LeakInterval {
  readonly ingredient: string;
  readonly minUl: number;
  readonly maxUl: number;
  /** Narrower than 20 % of the total. */
  readonly narrow: boolean;
}

const narrowShare = 0.2;
const rounds = 200;

/** `lo ≤ Σ weight × amount ≤ hi` */
interface Relation {
  readonly weights: readonly number[];
  readonly lo: number;
  readonly hi: number;
}

/**
 * The interval of each ingredient that follows from the public fields together: classes of `max_ul`, the total, the
 * smallest dose, and the label with what is publicly known of the ingredients. The relations tighten one another until
 * nothing moves; someone who solves them jointly may get a little closer.
 */
export function leakOf(manifest: Manifest, catalogue: IngredientCatalogue): LeakInterval[] {
  const { total_ul: total, min_dose: minDose } = manifest.bounds;
  const lo = manifest.ingredients.map(({ max_ul }) => Math.max(minDose, classFloor(max_ul, total)));
  const hi = manifest.ingredients.map(({ max_ul }) => max_ul);
  const relations = relationsOf(manifest, catalogue);
  for (let round = 0; round < rounds; round += 1) {
    if (!relations.map((relation) => tighten(relation, lo, hi)).includes(true)) break;
  }
  return manifest.ingredients.map(({ id }, slot) => {
    const minUl = Math.round(lo[slot] ?? 0);
    const maxUl = Math.round(hi[slot] ?? 0);
    return { ingredient: id, minUl, maxUl, narrow: maxUl - minUl < narrowShare * total };
  });
}

/** The least amount that is rounded up to this many quarters. */
function classFloor(max: number, total: number): number {
  const quarters = Math.round((max * 4) / total);
  return Math.ceil((total * (quarters - 1)) / 4) + 1;
}

function relationsOf(manifest: Manifest, catalogue: IngredientCatalogue): Relation[] {
  const { label, bounds, ingredients } = manifest;
  const relations: Relation[] = [{ weights: ingredients.map(() => 1), lo: bounds.total_ul, hi: bounds.total_ul }];
  const known = ingredients.map(({ id }) => catalogue.get(id));
  const add = (figures: (number | null | undefined)[], hi: number | null, width: number): void => {
    if (hi === null || figures.some((figure) => figure === null || figure === undefined)) return;
    relations.push({ weights: figures.map((figure) => figure ?? 0), lo: hi - width, hi });
  };
  const { total_ul: total } = bounds;
  add(
    known.map((ingredient) => ingredient?.abv),
    label.abv * total,
    labelSteps.abv * total,
  );
  const per100ml = 100_000;
  add(
    known.map((ingredient) => ingredient?.kcal),
    label.kcal === null ? null : label.kcal * per100ml,
    labelSteps.kcal * per100ml,
  );
  add(
    known.map((ingredient) => ingredient?.caffeine),
    label.caffeine === null ? null : label.caffeine * per100ml,
    labelSteps.caffeine * per100ml,
  );
  return relations;
}

/** Narrows `lo` and `hi` by one relation; whether anything moved by a microlitre. */
function tighten({ weights, lo: least, hi: most }: Relation, lo: number[], hi: number[]): boolean {
  const sum = (limits: readonly number[]): number =>
    weights.reduce((all, weight, j) => all + weight * (limits[j] ?? 0), 0);
  let moved = false;
  for (const [slot, weight] of weights.entries()) {
    if (weight === 0) continue;
    const lower = lo[slot] ?? 0;
    const upper = hi[slot] ?? 0;
    const above = (least - (sum(hi) - weight * upper)) / weight;
    const below = (most - (sum(lo) - weight * lower)) / weight;
    moved ||= above > lower + 1 || below < upper - 1;
    lo[slot] = Math.max(lower, above);
    hi[slot] = Math.min(upper, below);
  }
  return moved;
}
