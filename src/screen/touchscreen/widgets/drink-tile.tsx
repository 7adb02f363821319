import type { DrinkView } from '#wire/screen-api.ts';
import { useScreen } from '../screen-context.ts';
import { ShortFacts } from './drink-facts.tsx';

/** One drink to choose: its picture, name, price, strength and allergens. */
export function DrinkTile({ drink }: { readonly drink: DrinkView }) {
  const { send, local, sat } = useScreen();
  return (
    <button
      type="button"
      class="tile"
      style={{ '--accent': drink.accent }}
      data-testid={`drink-${drink.slug}`}
      onClick={() => send({ type: 'drink-chosen', drink: drink.slug })}
    >
      <span class="tile__stage">
        <img class="tile__picture" src={drink.picture} alt="" draggable={false} />
      </span>
      <span class="tile__words">
        <span class="tile__name">{local(drink.name)}</span>
        <span class="tile__price">{sat(drink.price_sat)}</span>
        <ShortFacts drink={drink} />
      </span>
    </button>
  );
}
