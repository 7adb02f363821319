import type { DrinkView, MenuView, OrderView, ReceiptView } from '#wire/screen-api.ts';
import { Glass } from '../../parts/glass.tsx';
import { Icon } from '../../parts/icon.tsx';
import { QrCode } from '../../parts/qr-code.tsx';
import { receiptLines, receiptText } from '../receipt-lines.ts';
import { useScreen } from '../screen-context.ts';
import { ProblemNote } from '../widgets/problem-note.tsx';

interface ReceiptPageProps {
  readonly menu: MenuView;
  readonly order: OrderView;
  readonly drink: DrinkView | null;
}

/** The drink stands ready; the receipt says what was delivered and who got which share. */
export function ReceiptPage({ menu, order, drink }: ReceiptPageProps) {
  const { send, text, local, sentence } = useScreen();
  const name = drink === null ? order.drink : local(drink.name);
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
      {order.receipt !== null && <Receipt receipt={order.receipt} menu={menu} drink={drink} />}
      <button
        type="button"
        class="button button--main done__leave"
        data-testid="leave"
        onClick={() => send({ type: 'left', to: 'attract' })}
      >
        <Icon name="check" />
        {text('receipt.done')}
      </button>
    </div>
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
