import type { OrderView } from '#wire/screen-api.ts';
import { useScreen } from '../screen-context.ts';
import { moneyMoved } from '../state/idle.ts';
import { Dialog } from './dialog.tsx';

/** Asks before an order is given up, and says what happens to the money. */
export function CancelDialog({ order }: { readonly order: OrderView }) {
  const { send, text, sat } = useScreen();
  const paid = order.state !== 'payment' || moneyMoved(order);
  return (
    <Dialog title={text('cancel.title')} testId="cancel-dialog">
      <p class="dialog__text">
        {paid
          ? text('cancel.paid', { amount: sat(order.invoice?.received_sat || order.price_sat) })
          : text('cancel.unpaid')}
      </p>
      <button
        type="button"
        class="button button--main"
        data-testid="keep"
        onClick={() => send({ type: 'panel', panel: 'none' })}
      >
        {text('cancel.no')}
      </button>
      <button type="button" class="button" data-testid="cancel-order" onClick={() => send({ type: 'cancel' })}>
        {text('cancel.yes')}
      </button>
    </Dialog>
  );
}
