import { unreachable } from '#shared/failure.ts';
import type { OrderView } from '#wire/screen-api.ts';
import { type Page, pageOf } from './page-of.ts';
import type { ScreenState } from './screen-state.ts';

/** How long before the reset the customer is asked whether they are still there. */
export const warningMs = 25_000;
const atChoiceMs = 60_000;
const atPaymentMs = 120_000;

/** Whether money has arrived for this order, or may be on its way. */
export function moneyMoved(order: OrderView): boolean {
  if (order.refund !== null) return true;
  const { invoice } = order;
  // paid by voucher, or no invoice made yet
  if (invoice === null) return order.state !== 'payment' && order.price_sat > 0;
  return invoice.received_sat > 0 || !['new', 'expired'].includes(invoice.state);
}

/** The voucher of an order that nobody has noted yet. */
export function voucherToNote({ refund }: OrderView, noted: readonly string[]): OrderView['refund'] {
  return refund === null || noted.includes(refund.voucher) ? null : refund;
}

function limitMs(page: Page, noted: readonly string[]): number | null {
  switch (page.name) {
    case 'starting':
    case 'attract':
    case 'confirming':
    case 'licence':
    case 'glass':
    case 'pouring':
      return null;
    case 'drinks':
    case 'why-not':
    case 'drink':
      return atChoiceMs;
    case 'receipt':
      return voucherToNote(page.order, noted) === null ? atChoiceMs : null;
    case 'pay':
      return moneyMoved(page.order) ? null : atPaymentMs;
    case 'failure':
      return moneyMoved(page.order) || page.order.state === 'failed' || page.order.state === 'partial'
        ? null
        : atChoiceMs;
    default:
      return unreachable(page);
  }
}

/**
 * Milliseconds until the screen goes back to its beginning, 0 when it is time; null where it never does: while money
 * is on its way, a drink is poured, or a refund or an error is shown.
 */
export function idleLeftMs(state: ScreenState): number | null {
  if (state.asked !== null) return null;
  const limit = limitMs(pageOf(state), state.noted);
  return limit === null ? null : Math.max(0, limit - (state.now - state.touchedAt));
}

/** Milliseconds left while the warning is to be shown, else null. */
export function idleWarningMs(state: ScreenState): number | null {
  const left = idleLeftMs(state);
  return left !== null && left <= warningMs ? left : null;
}
