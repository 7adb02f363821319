import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf, maxUl } from '#recipes/bounds.ts';
import { type FeasibilityLine, type FeasibilityMachine, feasible, type PublicBounds } from '#recipes/feasibility.ts';
import { readIngredients } from '#recipes/ingredients.ts';
import { labelOf } from '#recipes/label.ts';
import { beverage } from '#recipes/machine-class.ts';
import { type Phases, phasesOf } from '#recipes/phases.ts';
import { predictedError } from '#recipes/predicted-error.ts';
import { type RecipeSource, readSource } from '#recipes/source.ts';
import { systemDisk } from '#shared/node/system-disk.ts';

/**
 * Whoever can set a machine's stock, calibration or limits and ask "can you make it?" must learn nothing that the manifest does not
 * print. Recipes are drawn at random, machines swept in steps of 1 ml (of 1 W, of 1 ml/s) around what a recipe needs.
 */
const folder = new URL('../../recipes', import.meta.url).pathname;
const catalogue = readIngredients(
  new TextDecoder().decode((await systemDisk(folder).read('ingredients.yaml')) ?? undefined),
);
const ids = ['cola', 'milk', 'vodka', 'grenadine', 'orange-juice'];

const phase = fc.record({
  doses: fc.uniqueArray(fc.tuple(fc.constantFrom(...ids), fc.integer({ min: 10, max: 120 })), {
    minLength: 1,
    maxLength: 4,
    selector: ([id]) => id,
  }),
  timing: fc.constantFrom('machine', 'together', 'same_end', 'one_after_other'),
});
/** Half millilitres in one to three phases. */
const recipes = fc.array(phase, { minLength: 1, maxLength: 3 }).map((phases) => {
  const steps = phases.map(({ doses, timing }) => ({
    pour: Object.fromEntries(doses.map(([id, halves]) => [id, halves / 2])),
    timing,
  }));
  return phasesOf(sourceOf(steps));
});

function sourceOf(steps: readonly object[]): RecipeSource {
  return readSource(
    JSON.stringify({
      slug: 'drawn',
      recipe_id: '00'.repeat(16),
      version: 1,
      name: { de: 'x', en: 'x' },
      description: { de: 'x', en: 'x' },
      glass: { kind: 'tumbler', volume_ml: 300 },
      accent: '#000000',
      price_sat: 1,
      steps,
    }),
  );
}

/** What a manifest of the recipe says in the clear. */
function published(recipe: Phases): PublicBounds {
  const bounds = boundsOf(recipe, beverage.nominalFlow);
  return {
    machine_class: 'beverage',
    min_runtime: '0.1.0',
    ingredients: recipe.ingredients.map((id, slot) => ({
      id,
      max_ul: maxUl(recipe.amounts[slot] ?? 0, bounds.total_ul),
    })),
    bounds,
    label: labelOf(recipe.ingredients, recipe.amounts, catalogue),
  };
}

type Change = (at: number) => {
  readonly line?: Partial<FeasibilityLine>;
  readonly machine?: Partial<FeasibilityMachine>;
};

interface Sweep {
  readonly name: string;
  readonly change: Change;
  /** Between which steps a verdict may change: at these numbers of the manifest, in steps. */
  readonly turns: (manifest: PublicBounds) => readonly number[];
}

const ml = (ul: number): number => ul / 1000;
const powerMw = 3_000;
const eachMax = ({ ingredients }: PublicBounds): number[] => ingredients.map(({ max_ul }) => ml(max_ul));

const sweeps: readonly Sweep[] = [
  { name: 'stock', change: (at) => ({ line: { stock_ul: at * 1000 } }), turns: eachMax },
  { name: 'longest on-time', change: (at) => ({ line: { most_ul: at * 1000 } }), turns: eachMax },
  {
    name: 'resolution of a line',
    change: (at) => ({ line: { min_dose_ul: at * 1000 } }),
    turns: ({ bounds }) => [ml(bounds.min_dose) + 1],
  },
  {
    name: 'resolution of the machine',
    change: (at) => ({ machine: { min_dose_ul: at * 1000 } }),
    turns: ({ bounds }) => [ml(bounds.min_dose) + 1],
  },
  {
    name: 'glass',
    change: (at) => ({ machine: { glass_ul: at * 1000 } }),
    turns: ({ bounds }) => [ml(bounds.total_ul)],
  },
  { name: 'flow', change: (at) => ({ line: { max_flow_ul_s: at * 1000 } }), turns: () => [ml(beverage.nominalFlow)] },
  { name: 'spread', change: (at) => ({ line: { dose_error_ul: at * 1000 } }), turns: () => [] },
  { name: 'places', change: (at) => ({ machine: { pumps_at_once: at } }), turns: ({ bounds }) => [bounds.parallel] },
  {
    name: 'power',
    change: (at) => ({ machine: { power_mw: at * 1000 } }),
    turns: ({ bounds, ingredients }) => [(Math.min(bounds.parallel, ingredients.length) * powerMw) / 1000],
  },
];

function machineWith({ line, machine }: ReturnType<Change>): FeasibilityMachine {
  const usual = { stock_ul: 9e6, most_ul: 9e6, max_flow_ul_s: 20_000, power_mw: powerMw, dose_error_ul: 500 };
  return {
    machine_class: 'beverage',
    glass_ul: 9e6,
    min_dose_ul: 1_000,
    pumps_at_once: 16,
    power_mw: null,
    nominal_flow_ul_s: beverage.nominalFlow,
    alcohol: true,
    lines: ids.map((ingredient) => ({ ingredient, ...usual, min_dose_ul: 1_000, ...line })),
    ...machine,
    ...(machine?.min_dose_ul !== undefined && {
      lines: ids.map((ingredient) => ({ ingredient, ...usual })),
    }),
  };
}

const asked = (manifest: PublicBounds, change: Change, at: number): string => {
  const machine = machineWith(change(at));
  return JSON.stringify([feasible(manifest, machine), predictedError(manifest, machine)]);
};
const judged = (manifest: PublicBounds, change: Change, at: number): string =>
  JSON.stringify(feasible(manifest, machineWith(change(at))));

/** The total in whole millilitres, so that steps of 1 ml meet it. */
const steps = Array.from({ length: 720 }, (_, at) => at);

describe('swept in steps of 1', () => {
  it.each(sweeps)('$name: the verdict changes at numbers of the manifest only', ({ change, turns }) => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const manifest = published(recipe);
        const verdicts = steps.map((at) => judged(manifest, change, at));
        const changes = steps.filter((at) => at > 0 && verdicts[at] !== verdicts[at - 1]);
        const allowed = new Set(turns(manifest).map(Math.ceil));
        expect(changes.filter((at) => !allowed.has(at))).toEqual([]);
        // else a sweep that never changes anything would pass
        if (allowed.size > 0) expect(changes.length).toBeGreaterThan(0);
      }),
      { numRuns: 40 },
    );
  });

  it.each(sweeps)('$name: two recipes with one public part get the same verdicts and predictions', ({ change }) => {
    let pairs = 0;
    fc.assert(
      fc.property(recipes, fc.nat(5), fc.integer({ min: 1, max: 8 }), (recipe, slot, halves) => {
        const other = moved(recipe, slot, halves * 500);
        const [one, two] = [published(recipe), published(other)];
        fc.pre(JSON.stringify(one) === JSON.stringify(two) && recipe !== other);
        pairs += 1;
        for (const at of steps.filter((step) => step % 7 === slot))
          expect(asked(two, change, at)).toBe(asked(one, change, at));
      }),
      { numRuns: 40, maxSkipsPerRun: 1_000 },
    );
    expect(pairs).toBe(40);
  });
});

/** The same recipe with `ul` less of one dose and as much more of another ingredient in the same phase. */
function moved(recipe: Phases, nth: number, ul: number): Phases {
  const pours = recipe.phases.flatMap((each) => (each.op === 'dispense' && each.doses.length > 1 ? [each] : []));
  const pour = pours[nth % Math.max(1, pours.length)];
  const [less, more] = pour?.doses ?? [];
  if (pour === undefined || less === undefined || more === undefined || less.amountUl - ul < 5_000) return recipe;
  const shift = new Map([
    [less, -ul],
    [more, ul],
  ]);
  return {
    ingredients: recipe.ingredients,
    amounts: recipe.amounts.map(
      (amount, slot) => amount + (slot === more.slot ? ul : 0) - (slot === less.slot ? ul : 0),
    ),
    phases: recipe.phases.map((each) =>
      each === pour
        ? { ...pour, doses: pour.doses.map((dose) => ({ ...dose, amountUl: dose.amountUl + (shift.get(dose) ?? 0) })) }
        : each,
    ),
  };
}
