import type { OrderView } from '#wire/screen-api.ts';
import { Glass } from '../../parts/glass.tsx';
import { useScreen } from '../screen-context.ts';
import { CancelDialog } from '../widgets/cancel-dialog.tsx';
import { ProblemNote } from '../widgets/problem-note.tsx';
import { type Step, Steps } from '../widgets/steps.tsx';

interface WaitPageProps {
  readonly title: string;
  readonly text: string;
  /** The order that waits, where it has come to, and the picture of its drink. */
  readonly waiting?: { readonly order: OrderView; readonly step: Step; readonly picture: string | null };
}

/** Nothing to do for a moment: says what is waited for, and what holds it up. */
export function WaitPage({ title, text, waiting }: WaitPageProps) {
  const { state } = useScreen();
  return (
    <>
      {waiting !== undefined && <Steps now={waiting.step} />}
      <div class="wait" role="status">
        {waiting !== undefined && (
          <div class="wait__stage">
            <Glass picture={waiting.picture} percent={0} />
          </div>
        )}
        <div class="wait__words">
          <h1 class="wait__title">{title}</h1>
          <p class="wait__text">{text}</p>
          <div class="drops" aria-hidden="true">
            <i />
            <i />
            <i />
          </div>
          {waiting !== undefined && <Hindrance order={waiting.order} />}
        </div>
      </div>
      {waiting !== undefined && state.panel === 'cancel' && <CancelDialog order={waiting.order} />}
    </>
  );
}

/** What holds the order up; it is tried again by itself, or the customer gives it up. */
function Hindrance({ order }: { readonly order: OrderView }) {
  const { state, send, text, sentence } = useScreen();
  const problem = state.refusal ?? order.problem;
  if (problem === null) return null;
  return (
    <>
      <ProblemNote problem={problem} money={sentence(problem).money} todo={text('wait.todo')} />
      <button
        type="button"
        class="button button--quiet"
        data-testid="cancel"
        disabled={state.asked !== null}
        onClick={() => send({ type: 'panel', panel: 'cancel' })}
      >
        {text('glass.cancel')}
      </button>
    </>
  );
}
