import type { FeasibilityMachine, PublicBounds } from './feasibility.ts';

/** What may be missing or too much, µl and percent, rounded up. */
export interface Deviation {
  readonly error_ul: number;
  readonly percent: number;
}

/** What a machine will pour of a drink, as far as its published bounds let anybody tell. */
export interface PredictedError {
  /** Of the smallest dose that the bounds promise, for each ingredient. */
  readonly ingredients: readonly (Deviation & { readonly ingredient: string })[];
  /** Of the whole drink when each ingredient is poured once, all errors pointing the same way. */
  readonly once: Deviation;
  /** Of the whole drink when it is poured in as many of the worst doses as its bounds allow. */
  readonly worst: Deviation;
}

/** The error to expect of a drink, or null while that of one of its lines is not known. Judged by the bounds alone. */
export function predictedError(manifest: PublicBounds, machine: FeasibilityMachine): PredictedError | null {
  const { ingredients, bounds } = manifest;
  const known = ingredients.flatMap(({ id, max_ul }) => {
    const error_ul = worstOf(id, machine);
    return error_ul === null ? [] : [{ ingredient: id, error_ul, doses: Math.floor(max_ul / bounds.min_dose) }];
  });
  if (known.length < ingredients.length) return null;
  const once = known.reduce((sum, { error_ul }) => sum + error_ul, 0);
  return {
    ingredients: known.map(({ ingredient, error_ul }) => ({ ingredient, ...deviation(error_ul, bounds.min_dose) })),
    once: deviation(once, bounds.total_ul),
    worst: deviation(worstDoses(known, Math.floor(bounds.total_ul / bounds.min_dose)), bounds.total_ul),
  };
}

/** Of several lines with the ingredient the greatest error: any may serve. */
function worstOf(id: string, { lines }: FeasibilityMachine): number | null {
  const errors = lines.flatMap(({ ingredient, dose_error_ul }) => (ingredient === id ? [dose_error_ul] : []));
  if (errors.length === 0) return null;
  return errors.reduce<number | null>(
    (most, each) => (most === null || each === undefined ? null : Math.max(most, each)),
    0,
  );
}

/** The errors of so many doses at most, those of the worst lines first. */
function worstDoses(known: readonly { readonly error_ul: number; readonly doses: number }[], atMost: number): number {
  let left = atMost;
  let sum = 0;
  for (const { error_ul, doses } of known.toSorted((a, b) => b.error_ul - a.error_ul)) {
    const taken = Math.min(left, doses);
    sum += taken * error_ul;
    left -= taken;
  }
  return sum;
}

function deviation(error_ul: number, of: number): Deviation {
  return { error_ul, percent: Math.ceil((error_ul * 100) / of) };
}
