import type { IngredientCatalogue } from './ingredients.ts';
import { labelSteps } from './label.ts';
import { type Inequality, linearRanges, type Ratio } from './linear-range.ts';
import type { Manifest } from './manifest-schema.ts';

/** What anybody can tell about one ingredient's amount. */
export interface LeakInterval {
  readonly ingredient: string;
  readonly minUl: number;
  readonly maxUl: number;
  /** Narrower than 20 % of the total. */
  readonly narrow: boolean;
}

/** What of a manifest tells of amounts. */
export type Telling = Pick<Manifest, 'ingredients' | 'bounds' | 'label'>;

const narrowShare = 0.2;
/** Figures of ingredients are told apart to a millionth. */
const scale = 1_000_000;

/** `lo ≤ Σ weight × amount ≤ hi` */
interface Relation {
  readonly weights: readonly number[];
  readonly lo: number;
  readonly hi: number;
}

/**
 * The interval of each ingredient that follows from the public fields together: classes of `max_ul`, the total, the
 * smallest dose, and the label with what is publicly known of the ingredients. All of them are solved at once and exactly: for
 * each end of an interval there are amounts that agree with every one of these fields.
 */
export function leakOf(manifest: Telling, catalogue: IngredientCatalogue): LeakInterval[] {
  const { total_ul: total, min_dose: minDose } = manifest.bounds;
  const lo = manifest.ingredients.map(({ max_ul }) => Math.max(minDose, classFloor(max_ul, total)));
  const hi = manifest.ingredients.map(({ max_ul }) => max_ul);
  const ranges = rangesOf(lo, hi, relationsOf(manifest, catalogue));
  return manifest.ingredients.map(({ id }, slot) => {
    // where the fields contradict each other, by another catalogue or a lie, each tells but for itself
    const { least, most } = ranges?.[slot] ?? { least: lo[slot] ?? 0, most: hi[slot] ?? 0 };
    return { ingredient: id, minUl: least, maxUl: most, narrow: most - least < narrowShare * total };
  });
}

/** The ranges of whole amounts between `lo` and `hi` that satisfy all relations, or null when none do. */
function rangesOf(lo: readonly number[], hi: readonly number[], relations: readonly Relation[]) {
  const upper = hi.map((most, slot): Inequality => {
    const weights = hi.map((_, other) => (other === slot ? 1n : 0n));
    return { weights, limit: BigInt(most - (lo[slot] ?? 0)) };
  });
  if (upper.some(({ limit }) => limit < 0n)) return null;
  const ranges = linearRanges([...upper, ...relations.flatMap((relation) => aboveFloors(relation, lo))], lo.length);
  return (
    ranges?.map(({ least, most }, slot) => ({
      least: (lo[slot] ?? 0) + Number(-floorOf({ over: -least.over, under: least.under })),
      most: (lo[slot] ?? 0) + Number(floorOf(most)),
    })) ?? null
  );
}

/** A relation between what the amounts are above their floors. */
function aboveFloors({ weights, lo: least, hi: most }: Relation, floors: readonly number[]): Inequality[] {
  const scaled = weights.map((weight) => BigInt(Math.round(weight * scale)));
  const already = scaled.reduce((sum, weight, slot) => sum + weight * BigInt(floors[slot] ?? 0), 0n);
  // figures finer than a millionth, and the label's own rounding, must not make the interval too narrow
  const slack = least === most ? 0n : BigInt(Math.ceil(most - least)) + BigInt(floors.length * 10_000_000);
  return [
    { weights: scaled, limit: BigInt(Math.round(most)) * BigInt(scale) + slack - already },
    { weights: scaled.map((weight) => -weight), limit: already - BigInt(Math.round(least)) * BigInt(scale) + slack },
  ];
}

function floorOf({ over, under }: Ratio): bigint {
  return over >= 0n ? over / under : -((-over + under - 1n) / under);
}

/** The least amount that is rounded up to this many quarters. */
function classFloor(max: number, total: number): number {
  const quarters = Math.round((max * 4) / total);
  return Math.ceil((total * (quarters - 1)) / 4) + 1;
}

function relationsOf(manifest: Telling, catalogue: IngredientCatalogue): Relation[] {
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
