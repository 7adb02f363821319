import type { OrderView } from '#wire/screen-api.ts';
import { Glass } from '../../parts/glass.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useScreen } from '../screen-context.ts';
import { CancelDialog } from '../widgets/cancel-dialog.tsx';
import { ProblemNote } from '../widgets/problem-note.tsx';
import { Steps } from '../widgets/steps.tsx';

/** The licence is here: the guest places the glass and starts. */
export function GlassPage({ order }: { readonly order: OrderView }) {
  const { state, send, text } = useScreen();
  const problem = state.refusal ?? order.problem;
  return (
    <>
      <Steps now="glass" />
      <div class="place-glass">
        <div class="place-glass__stage">
          <span class="outlet" aria-hidden="true" />
          <Glass picture={null} percent={0} />
        </div>
        <div class="place-glass__words">
          <h1 class="wait__title">{text('glass.title')}</h1>
          <p class="wait__text">{text('glass.text')}</p>
          {problem !== null && <ProblemNote problem={problem} />}
        </div>
        <div class="place-glass__actions">
          <button
            type="button"
            class="button button--main button--huge"
            data-testid="start"
            disabled={state.asked !== null}
            onClick={() => send({ type: 'start' })}
          >
            <Icon name="play" />
            {text(state.asked === 'start' ? 'glass.starting' : 'glass.start')}
          </button>
          <button
            type="button"
            class="button button--quiet"
            data-testid="cancel"
            disabled={state.asked !== null}
            onClick={() => send({ type: 'panel', panel: 'cancel' })}
          >
            {text('glass.cancel')}
          </button>
        </div>
      </div>
      {state.panel === 'cancel' && <CancelDialog order={order} />}
    </>
  );
}
