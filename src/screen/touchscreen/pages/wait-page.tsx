import { Glass } from '../../parts/glass.tsx';
import { type Step, Steps } from '../widgets/steps.tsx';

interface WaitPageProps {
  readonly title: string;
  readonly text: string;
  /** Where in the order this waiting belongs, and the picture of its drink. */
  readonly order?: { readonly step: Step; readonly picture: string | null };
}

/** Nothing to do for a moment: says what is waited for. */
export function WaitPage({ title, text, order }: WaitPageProps) {
  return (
    <>
      {order !== undefined && <Steps now={order.step} />}
      <div class="wait" role="status">
        {order !== undefined && (
          <div class="wait__stage">
            <Glass picture={order.picture} percent={0} />
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
        </div>
      </div>
    </>
  );
}
