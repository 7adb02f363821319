import { firmMoney } from '#payment/invoice-verdict.ts';
import { type Satoshi, satoshi } from '#shared/units.ts';
import { isClosed, type Order } from './order.ts';

/** What the customer has paid that cannot be lost again. */
export function received({ invoice, voucherPaid }: Order): Satoshi {
  return satoshi(voucherPaid + (invoice === null ? 0n : firmMoney(invoice)));
}

/**
 * What the customer has to get back now: everything when the drink was not delivered, else what was paid beyond the
 * price. Money that is not deep enough in the chain is owed when it is.
 */
export function owed(order: Order): Satoshi {
  const due = received(order) - kept(order) - order.refunded;
  return satoshi(due > 0n ? due : 0n);
}

function kept(order: Order): bigint {
  if (isClosed(order)) return order.stage === 'done' ? order.price : 0n;
  // before the drink is let go, money only adds up to the price
  return order.stage === 'payment' || order.stage === 'confirming' ? received(order) : order.price;
}

/** Whether the order was let go for a payment that the chain has lost, for now or for good. */
export function isMoneyLost({ invoice }: Order): boolean {
  return invoice !== null && invoice.released && firmMoney(invoice) < invoice.amount;
}
