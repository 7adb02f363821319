import { isClosed, isStarting, isVoid, type Order, type OrderEffect } from './order.ts';
import { owed } from './order-money.ts';

/** What an order calls for as it stands; what is under way already is not begun again. */
export function pending(order: Order): readonly OrderEffect[] {
  const effects: OrderEffect[] = [];
  const { stage, usage, licence } = order;
  if (stage === 'payment' && order.rail === 'bitcoin' && order.invoice === null) effects.push('invoice');
  if (stage === 'licence' && licence === null) effects.push('buy');
  if (stage === 'licence' && licence !== null) effects.push(isVoid(order) ? 'book' : 'check');
  if (isClosed(order) && usage !== null && !usage.booked) effects.push('book');
  if (owed(order) > 0n) effects.push('refund');
  return effects;
}

/** What a restarted desk, or one that has found the cell again, does to go on with an order. */
export function resume(order: Order): readonly OrderEffect[] {
  // the cell may know more of it than desk does: whether it was poured, for one
  if (isStarting(order) || order.stage === 'pouring') return ['settle', ...pending(order)];
  // a restarted cell has forgotten that it was checked
  return order.stage === 'place_glass' ? ['check', ...pending(order)] : pending(order);
}
