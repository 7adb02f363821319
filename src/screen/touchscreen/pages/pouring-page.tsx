import type { DrinkView, OrderView, ProblemView } from '#wire/screen-api.ts';
import { Glass } from '../../parts/glass.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useScreen } from '../screen-context.ts';
import { ProblemNote } from '../widgets/problem-note.tsx';
import { Steps } from '../widgets/steps.tsx';

/** The glass fills; Stop is the largest thing to touch and acts when the finger comes down. */
export function PouringPage({ order, drink }: { readonly order: OrderView; readonly drink: DrinkView | null }) {
  const { state, text, local } = useScreen();
  const problem = state.refusal ?? order.problem;
  const held = isHeld(order);
  const seconds = drink === null ? 0 : Math.ceil((drink.duration_ms * (100 - order.percent)) / 100_000);
  return (
    <>
      <Steps now="pour" />
      <div class="pouring" style={drink === null ? {} : { '--accent': drink.accent }}>
        <div class="pouring__stage">
          <span class="outlet" aria-hidden="true" />
          <Glass picture={drink?.picture ?? null} percent={order.percent} pouring={order.problem === null} />
        </div>
        <div class="pouring__words">
          <h1 class="wait__title">
            {text(held ? 'hold.title' : 'pour.title', { drink: drink === null ? order.drink : local(drink.name) })}
          </h1>
          <p class="pouring__aside">
            <Icon name="hand" />
            {text('pour.step_aside')}
          </p>
          <p class="pouring__left">
            <strong class="pouring__percent" data-testid="percent" data-percent={order.percent}>
              {order.percent}
              {'\u00a0'}%
            </strong>
            <span hidden={order.problem !== null}>
              {seconds > 1 ? text('pour.left', { seconds }) : text('pour.nearly')}
            </span>
          </p>
          <progress class="spoken" max={100} value={order.percent} aria-label={text('pour.progress')} />
          <div class="pouring__news" aria-live="polite" data-testid="news">
            <Note problem={problem} />
          </div>
        </div>
        <Actions order={order} />
      </div>
    </>
  );
}

const isHeld = ({ problem }: OrderView): boolean => problem?.code === 'machine/held';

/** What holds the drink up. Beneath a pour there is no Start to touch, so what to do is said in words of this page. */
function Note({ problem }: { readonly problem: ProblemView | null }) {
  const { text } = useScreen();
  if (problem === null) return null;
  switch (problem.code) {
    case 'machine/held':
      return (
        <div class="note" data-testid="problem" data-code="machine/held">
          <Icon name="hourglass" />
          <div>
            <p class="note__what">{text('hold.what')}</p>
            <p>{text('hold.limit', { seconds: problem.facts.seconds ?? '…' })}</p>
          </div>
        </div>
      );
    case 'machine/glass-missing':
      return <ProblemNote problem={problem} todo={text('hold.glass')} />;
    case 'machine/interlock-open':
      return <ProblemNote problem={problem} todo={text('hold.guard')} />;
    default:
      return <ProblemNote problem={problem} />;
  }
}

function Actions({ order }: { readonly order: OrderView }) {
  return (
    <div class="pouring__actions">
      {(order.problem === null || isHeld(order)) && <HoldButton what={isHeld(order) ? 'resume' : 'hold'} />}
      <StopButton />
    </div>
  );
}

/** One button for both, so that the focus stays where it is. */
function HoldButton({ what }: { readonly what: 'hold' | 'resume' }) {
  const { state, send, text } = useScreen();
  const waits = state.asked !== null;
  return (
    <button
      type="button"
      class={what === 'resume' ? 'button button--main' : 'button'}
      data-testid={what}
      aria-disabled={waits}
      onClick={() => {
        if (!waits) send({ type: what });
      }}
    >
      <Icon name={what === 'hold' ? 'pause' : 'play'} />
      {text(`hold.${what}`)}
    </button>
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
