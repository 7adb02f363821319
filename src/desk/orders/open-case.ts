import { isOpenCase, isWatched } from '#payment/invoice.ts';
import { elapsed, type Instant } from '#shared/units.ts';
import { isClosed, isStarting, type Order, type Problem } from './order.ts';
import { owed, received } from './order-money.ts';

/** An order that a person must look at, and why. */
export interface OpenCase {
  readonly order: string;
  readonly number: number;
  readonly problem: Problem;
}

/** A drink that takes longer than this from start to end is stuck. */
const longestPourMs = 30 * 60_000;

/** Why a person must look at the order; null while it goes its way by itself. */
export function openCase(order: Order, now: Instant): OpenCase | null {
  const problem = problemOf(order, now);
  return problem === null ? null : { order: order.id, number: order.number, problem };
}

function problemOf(order: Order, now: Instant): Problem | null {
  const { broken, invoice, times } = order;
  if (broken !== null) return { code: 'order/broken', facts: { effect: broken.effect } };
  if (isServedUnpaid(order)) return { code: 'payment/reorganised', facts: {} };
  if (invoice !== null && !invoice.released && isOpenCase(invoice, now)) return { code: 'payment/unknown', facts: {} };
  const isUnderWay = isStarting(order) || order.stage === 'pouring';
  if (isUnderWay && times.started !== undefined && elapsed(times.started, now) > longestPourMs) {
    return { code: 'machine/cell-unreachable', facts: {} };
  }
  return null;
}

/** Drink or vouchers were handed over for money that the chain has lost. */
function isServedUnpaid(order: Order): boolean {
  const served = ['pouring', 'done'].includes(order.stage) ? order.price : 0n;
  return order.refunded + served > received(order);
}

/** Whether anything may still have to be done about the order, by desk or by a person. */
export function needsAttention(order: Order, now: Instant): boolean {
  if (!isClosed(order) || owed(order) > 0n || openCase(order, now) !== null) return true;
  if (order.usage !== null && !order.usage.booked) return true;
  return order.invoice !== null && isWatched(order.invoice, now);
}
