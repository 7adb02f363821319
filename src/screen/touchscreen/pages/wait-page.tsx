import { type Step, Steps } from '../widgets/steps.tsx';

interface WaitPageProps {
  readonly title: string;
  readonly text: string;
  /** Where in the order this waiting belongs. */
  readonly step?: Step;
}

/** Nothing to do for a moment: says what is waited for. */
export function WaitPage({ title, text, step }: WaitPageProps) {
  return (
    <div class="wait" role="status">
      {step !== undefined && <Steps now={step} />}
      <div class="wait__middle">
        <div class="drops" aria-hidden="true">
          <i />
          <i />
          <i />
        </div>
        <h1 class="wait__title">{title}</h1>
        <p class="wait__text">{text}</p>
      </div>
    </div>
  );
}
