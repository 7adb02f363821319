import { isStarting, isVoid, type Order } from './order.ts';

/**
 * The orders that want the machine's one station, in the order in which they get it: who is pouring, who has been
 * checked, then by the time of the licence.
 */
export function stationQueue(orders: readonly Order[]): readonly Order[] {
  return orders
    .filter((order) => rank(order) !== null)
    .sort((a, b) => (rank(a) ?? 0) - (rank(b) ?? 0) || (a.queuedAt ?? 0) - (b.queuedAt ?? 0) || a.number - b.number);
}

function rank(order: Order): number | null {
  switch (order.stage) {
    case 'pouring':
      return 0;
    case 'place_glass':
      return isStarting(order) ? 0 : 1;
    case 'licence':
      return order.licence === null || isVoid(order) ? null : 2;
    default:
      return null;
  }
}
