import type { Allergen, DrinkView } from '#wire/screen-api.ts';
import { Icon } from '../../parts/icon.tsx';
import { type Screen, useScreen } from '../screen-context.ts';

/** Alcohol and allergens of a drink in two short lines, as on a tile. */
export function ShortFacts({ drink }: { readonly drink: DrinkView }) {
  const screen = useScreen();
  return (
    <div class="short-facts">
      <p class="short-facts__line">
        <Icon name={drink.abv_percent > 0 ? 'alcohol' : 'leaf'} />
        {strength(screen, drink)}
      </p>
      <p class="short-facts__line">
        <Icon name="info" />
        {drink.allergens.length === 0
          ? screen.text('drink.no_allergens_short')
          : `${screen.text('drink.contains')}: ${allergenNames(screen, drink.allergens)}`}
      </p>
    </div>
  );
}

/** The strength as it has to be said: `12 % vol`, or that there is none. */
export function strength({ text }: Screen, drink: DrinkView): string {
  return drink.abv_percent > 0 ? text('drink.alcohol', { percent: drink.abv_percent }) : text('drink.alcohol_free');
}

/** Allergens by name, parted by commas. */
export function allergenNames({ text }: Screen, allergens: readonly Allergen[]): string {
  return allergens.map((allergen) => text(`allergen.${allergen}`)).join(', ');
}
