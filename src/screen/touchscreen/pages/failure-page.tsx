import type { DrinkView, OrderView } from '#wire/screen-api.ts';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { failureText } from '../failure-text.ts';
import { useScreen } from '../screen-context.ts';
import { Voucher } from '../widgets/voucher.tsx';

/** What happened, what happens to the money, what to do now. Stays until somebody has read it. */
export function FailurePage({ order, drink }: { readonly order: OrderView; readonly drink: DrinkView | null }) {
  const screen = useScreen();
  const { send, text } = screen;
  const said = failureText(screen, order, drink);
  const code = order.problem?.code;
  return (
    <div class="failure" role="alert" data-testid="failure" data-code={code ?? ''}>
      <div class="failure__words">
        <h1 class="failure__title">
          <Icon name="warning" />
          {text(said.title)}
        </h1>
        <Part icon="info" label={text('failure.what')} testId="failure-what" said={said.what} />
        <Part icon="coins" label={text('failure.money')} testId="failure-money" said={said.money} />
        <Part icon="hand" label={text('failure.todo')} testId="failure-todo" said={said.todo} />
      </div>
      {order.refund !== null && <Voucher refund={order.refund} />}
      <div class="failure__actions">
        {code !== undefined && <p class="failure__code">{text('failure.code', { code })}</p>}
        <button
          type="button"
          class="button button--main"
          data-testid="leave"
          onClick={() => send({ type: 'left', to: 'drinks' })}
        >
          {text(order.refund === null ? 'failure.home' : 'failure.noted')}
        </button>
      </div>
    </div>
  );
}

interface PartProps {
  readonly icon: IconName;
  readonly label: string;
  readonly said: string;
  readonly testId: string;
}

function Part({ icon, label, said, testId }: PartProps) {
  return (
    <section class="failure__part">
      <Icon name={icon} />
      <div>
        <h2 class="label">{label}</h2>
        <p class="failure__said" data-testid={testId}>
          {said}
        </p>
      </div>
    </section>
  );
}
