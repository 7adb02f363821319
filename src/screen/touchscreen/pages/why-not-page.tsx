import type { DrinkView, MenuView } from '#wire/screen-api.ts';
import { useScreen } from '../screen-context.ts';
import { namedFacts } from '../named-facts.ts';

/** The drinks that cannot be made now, each with its most important reason. */
export function WhyNotPage({ menu }: { readonly menu: MenuView }) {
  const { text } = useScreen();
  const missing = menu.drinks.filter((drink) => drink.why_not.length > 0);
  return (
    <>
      <h1 class="page__title">{text('why_not.title')}</h1>
      <ul class="why-not" data-testid="why-not-list">
        {missing.map((drink) => (
          <Missing key={drink.slug} drink={drink} />
        ))}
      </ul>
    </>
  );
}

function Missing({ drink }: { readonly drink: DrinkView }) {
  const { state, local, sentence } = useScreen();
  return (
    <li class="why-not__drink" style={{ '--accent': drink.accent }} data-testid={`missing-${drink.slug}`}>
      <img class="why-not__picture" src={drink.picture} alt="" draggable={false} />
      <div>
        <p class="why-not__name">{local(drink.name)}</p>
        {drink.why_not.slice(0, 2).map((reason) => (
          <p key={reason.code}>{sentence(namedFacts(reason, drink, state.language)).what}</p>
        ))}
      </div>
    </li>
  );
}
