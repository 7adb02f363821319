import type { DrinkView, MenuView, OrderView, ReceiptView } from '#wire/screen-api.ts';
import { Glass } from '../../parts/glass.tsx';
import { Icon } from '../../parts/icon.tsx';
import { QrCode } from '../../parts/qr-code.tsx';
import { receiptLines, receiptText } from '../receipt-lines.ts';
import { useScreen } from '../screen-context.ts';
import { voucherToNote } from '../state/idle.ts';
import { ProblemNote } from '../widgets/problem-note.tsx';
import { Voucher } from '../widgets/voucher.tsx';

interface ReceiptPageProps {
  readonly menu: MenuView;
  readonly order: OrderView;
  readonly drink: DrinkView | null;
}

/** The drink stands ready. What is left of a voucher is handed over first, then the receipt. */
export function ReceiptPage({ menu, order, drink }: ReceiptPageProps) {
  const { state, text, local, sentence } = useScreen();
  const name = drink === null ? order.drink : local(drink.name);
  const change = voucherToNote(order, state.noted);
  return (
    <div class="done" style={drink === null ? {} : { '--accent': drink.accent }}>
      <div class="done__stage">
        <Glass picture={drink?.picture ?? null} percent={100} lit />
      </div>
      <div class="done__words">
        <h1 class="done__title">{text('receipt.title')}</h1>
        <p class="done__text">{text('receipt.text', { drink: name })}</p>
        {order.problem !== null && <ProblemNote problem={order.problem} money={sentence(order.problem).money} />}
      </div>
      {change !== null && <Change refund={change} />}
      {change === null && order.receipt !== null && <Receipt receipt={order.receipt} menu={menu} drink={drink} />}
      <Leave noting={change !== null} />
    </div>
  );
}

function Leave({ noting }: { readonly noting: boolean }) {
  const { send, text } = useScreen();
  return (
    <button
      type="button"
      class="button button--main done__leave"
      data-testid={noting ? 'noted' : 'leave'}
      onClick={() => send(noting ? { type: 'noted' } : { type: 'left', to: 'attract' })}
    >
      <Icon name="check" />
      {text(noting ? 'failure.noted' : 'receipt.done')}
    </button>
  );
}

/** What was left of a voucher, or paid too much. */
function Change({ refund }: { readonly refund: NonNullable<OrderView['refund']> }) {
  const { text, sat } = useScreen();
  return (
    <section class="done__change">
      <p class="done__text">{text('receipt.change', { amount: sat(refund.amount_sat) })}</p>
      <Voucher refund={refund} />
    </section>
  );
}

interface ReceiptProps {
  readonly receipt: ReceiptView;
  readonly menu: MenuView;
  readonly drink: DrinkView | null;
}

function Receipt({ receipt, menu, drink }: ReceiptProps) {
  const screen = useScreen();
  const { text } = screen;
  const lines = receiptLines(screen, receipt, menu.machine.name, drink);
  return (
    <section class="receipt" data-testid="receipt" aria-label={text('receipt.heading')}>
      <dl class="receipt__lines">
        {lines.map((line) => (
          <div key={line.key} class={`receipt__line receipt__line--${line.kind}`} data-testid={`receipt-${line.key}`}>
            <dt>{line.label}</dt>
            <dd>{line.value}</dd>
          </div>
        ))}
      </dl>
      <figure class="receipt__take">
        <QrCode text={receiptText(screen, lines)} label={text('receipt.qr')} testId="receipt-qr" />
        <figcaption>{text('receipt.take')}</figcaption>
      </figure>
      <p class="receipt__usage">{text(receipt.usage_accepted ? 'receipt.usage_yes' : 'receipt.usage_no')}</p>
    </section>
  );
}
