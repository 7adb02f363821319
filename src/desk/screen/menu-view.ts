import { hex } from '#shared/entropy.ts';
import { feasible } from '#recipes/feasibility.ts';
import { type CellStatus, machineFacts } from '#wire/cell-api.ts';
import type { DrinkView, MenuView } from '#wire/screen-api.ts';
import { isSpooled, type ShelvedDrink } from '../catalogue/shelf.ts';

export interface MenuFacts {
  readonly drinks: readonly ShelvedDrink[];
  /** The cell's last word; null before the first. */
  readonly status: CellStatus | null;
  readonly machine: { readonly id: string; readonly name: string };
  readonly marginSat: number;
  readonly demoWallet: string | null;
  /** Orders for a drink that have no licence yet. */
  readonly awaited: (slug: string) => number;
  readonly works: Omit<MenuView['works'], 'quarantined'>;
}

/** What can be ordered now, and of the rest why not. */
export function menu(facts: MenuFacts): MenuView {
  const { machine, status, works } = facts;
  return {
    machine: { id: machine.id, name: machine.name },
    drinks: facts.drinks.map((drink) => drinkView(drink, facts)),
    demo_wallet: facts.demoWallet,
    works: { ...works, quarantined: status?.state === 'quarantined' },
  };
}

function drinkView({ listing, manifest }: ShelvedDrink, facts: MenuFacts): DrinkView {
  return {
    slug: listing.slug,
    recipe: listing.recipe,
    version: listing.version,
    name: listing.name,
    description: listing.description,
    author: manifest.author,
    picture: `/pictures/${listing.slug}.svg`,
    accent: listing.accent,
    price_sat: listing.price_sat + facts.marginSat,
    total_ul: manifest.bounds.total_ul,
    duration_ms: manifest.bounds.duration_ms,
    abv_percent: manifest.label.abv,
    kcal: manifest.label.kcal,
    allergens: manifest.label.allergens,
    ingredients: manifest.ingredients.map(({ id }) => ({
      id,
      name: listing.ingredient_names[id] ?? { de: id, en: id },
    })),
    why_not: whyNot({ listing, manifest }, facts),
  };
}

function whyNot({ listing, manifest }: ShelvedDrink, { status, works, awaited }: MenuFacts): DrinkView['why_not'] {
  if (status === null || !works.cell) return [{ code: 'machine/cell-unreachable', facts: {} }];
  if (status.state === 'quarantined') return [{ code: 'machine/quarantined', facts: {} }];
  if (!works.marketplace && usesAtHand(listing, status) <= awaited(listing.slug))
    return [{ code: 'marketplace/unreachable', facts: {} }];
  // thrown away as damaged, and not yet fetched again
  if (!isSpooled(listing, status.spooled)) return [{ code: 'recipe/unknown', facts: {} }];
  const verdict = feasible(manifest, machineFacts(status));
  return verdict.ok ? [] : verdict.reasons.map(({ code, facts }) => ({ code, facts: { ...facts } }));
}

/** Uses of the drink that lie in the machine and wait for nobody: it can be sold while the marketplace is away. */
function usesAtHand({ recipe, version }: ShelvedDrink['listing'], { licences }: CellStatus): number {
  return licences
    .filter((licence) => hex(licence.recipe) === recipe && licence.version === version)
    .reduce((sum, licence) => sum + licence.at_hand, 0);
}
