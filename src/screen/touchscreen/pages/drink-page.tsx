import type { DrinkView, ProblemView } from '#wire/screen-api.ts';
import { Glass } from '../../parts/glass.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useScreen } from '../screen-context.ts';
import { allergenNames, strength } from '../widgets/drink-facts.tsx';
import { ProblemNote } from '../widgets/problem-note.tsx';

/** One drink, with everything that has to be said before it is bought. */
export function DrinkPage({ drink }: { readonly drink: DrinkView }) {
  const { state, text, local, sentence } = useScreen();
  const [hindrance] = drink.why_not;
  return (
    <div class="drink" style={{ '--accent': drink.accent }} data-testid="drink" data-slug={drink.slug}>
      <div class="drink__stage">
        <Glass picture={drink.picture} percent={100} />
      </div>
      <div class="drink__words">
        <h1 class="drink__name">{local(drink.name)}</h1>
        <p class="drink__author">{text('drink.author', { author: drink.author })}</p>
        <p class="drink__description">{local(drink.description)}</p>
        <DrinkTable drink={drink} />
        {state.refusal !== null && <Refusal problem={state.refusal} />}
        {hindrance !== undefined && <p class="drink__hindrance">{sentence(hindrance).what}</p>}
      </div>
      <OrderLine drink={drink} />
    </div>
  );
}

/** A refused order was never taken, so nothing was charged; one without an answer may have been. */
function Refusal({ problem }: { readonly problem: ProblemView }) {
  const { text, sentence } = useScreen();
  const unanswered = problem.code === 'message/timed-out' || problem.code === 'message/unavailable';
  return <ProblemNote problem={problem} money={unanswered ? sentence(problem).money : text('failure.not_charged')} />;
}

function DrinkTable({ drink }: { readonly drink: DrinkView }) {
  const screen = useScreen();
  const { text, local, ml } = screen;
  const size = drink.kcal === null ? [] : [text('drink.kcal', { kcal: drink.kcal })];
  return (
    <dl class="facts">
      <dt>{text('drink.ingredients')}</dt>
      <dd>{drink.ingredients.map((ingredient) => local(ingredient.name)).join(', ')}</dd>
      <dt>{text('drink.allergens')}</dt>
      <dd class={drink.allergens.length > 0 ? 'facts__strong' : ''} data-testid="allergens">
        {drink.allergens.length > 0 ? allergenNames(screen, drink.allergens) : text('drink.no_allergens')}
      </dd>
      <dt>{text('drink.strength')}</dt>
      <dd class={drink.abv_percent > 0 ? 'facts__strong' : ''}>{strength(screen, drink)}</dd>
      <dt>{text('drink.size')}</dt>
      <dd>{[ml(drink.total_ul), ...size].join(' · ')}</dd>
    </dl>
  );
}

function OrderLine({ drink }: { readonly drink: DrinkView }) {
  const { state, send, newId, text, sat, btc } = useScreen();
  const works = state.menu?.works;
  const possible = drink.why_not.length === 0 && works?.cell === true && !works.quarantined;
  const placing = state.asked === 'place';
  return (
    <div class="order-line">
      <div class="order-line__price">
        <strong class="price">{sat(drink.price_sat)}</strong>
        <span class="price-btc">{btc(drink.price_sat)}</span>
      </div>
      <p class="order-line__goes">{text('drink.price_goes', { author: drink.author })}</p>
      <button
        type="button"
        class="button button--main order-line__order"
        data-testid="order"
        disabled={!possible || placing}
        onClick={() => send({ type: 'drink-ordered', id: newId() })}
      >
        {possible && !placing && <Icon name="cup" />}
        {text(orderLabel(possible, placing, state.refusal !== null))}
      </button>
    </div>
  );
}

function orderLabel(possible: boolean, placing: boolean, refused: boolean) {
  if (!possible) return 'drink.unavailable';
  if (placing) return 'drink.ordering';
  return refused ? 'drink.retry' : 'drink.order';
}
