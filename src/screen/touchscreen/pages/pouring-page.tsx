import type { DrinkView, OrderView } from '#wire/screen-api.ts';
import { Glass } from '../../parts/glass.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useScreen } from '../screen-context.ts';
import { ProblemNote } from '../widgets/problem-note.tsx';
import { Steps } from '../widgets/steps.tsx';

/** The glass fills; Stop is the largest thing to touch and acts when the finger comes down. */
export function PouringPage({ order, drink }: { readonly order: OrderView; readonly drink: DrinkView | null }) {
  const { state, text, local } = useScreen();
  const problem = state.refusal ?? order.problem;
  const seconds = drink === null ? 0 : Math.ceil((drink.duration_ms * (100 - order.percent)) / 100_000);
  return (
    <>
      <Steps now="pour" />
      <div class="pouring" style={drink === null ? {} : { '--accent': drink.accent }}>
        <div class="pouring__stage">
          <span class="outlet" aria-hidden="true" />
          <Glass picture={drink?.picture ?? null} percent={order.percent} pouring />
        </div>
        <div class="pouring__words">
          <h1 class="wait__title">{text('pour.title', { drink: drink === null ? order.drink : local(drink.name) })}</h1>
          <p class="pouring__aside">
            <Icon name="hand" />
            {text('pour.step_aside')}
          </p>
          <p class="pouring__left">
            <strong class="pouring__percent" data-testid="percent" data-percent={order.percent}>
              {order.percent}
              {'\u00a0'}%
            </strong>
            <span>{seconds > 1 ? text('pour.left', { seconds }) : text('pour.nearly')}</span>
          </p>
          <progress class="spoken" max={100} value={order.percent} aria-label={text('pour.progress')} />
          {problem !== null && <ProblemNote problem={problem} />}
        </div>
        <StopButton />
      </div>
    </>
  );
}

function StopButton() {
  const { state, send, text } = useScreen();
  const stopping = state.asked === 'stop';
  const stop = () => {
    if (!stopping) send({ type: 'stop' });
  };
  return (
    <button type="button" class="stop" data-testid="stop" aria-disabled={stopping} onPointerDown={stop} onClick={stop}>
      <Icon name="stop" />
      {text(stopping ? 'pour.stopping' : 'pour.stop')}
    </button>
  );
}
