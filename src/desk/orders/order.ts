import type { FailureCode } from '#shared/failure-codes.ts';
import { unreachable } from '#shared/failure.ts';
import { type Instant, type Satoshi, satoshi } from '#shared/units.ts';
import type { Invoice } from '#payment/invoice.ts';
import type { BatchResult } from '#wire/cell-api.ts';
import type { OrderState } from '#wire/screen-api.ts';

/**
 * A customer's order, from the touch on a drink to its receipt or refund. Invariants: an order with money ends in exactly
 * one of receipt, refund, open case; nothing is started twice; a stage only moves forward, but for a licence that is issued
 * again.
 */
export interface Order {
  readonly id: string;
  readonly number: number;
  readonly drink: string;
  readonly recipe: string;
  readonly version: number;
  readonly manifest: string;
  readonly price: Satoshi;
  readonly rail: 'bitcoin' | 'voucher' | 'free';
  readonly stage: OrderState;
  readonly invoice: Invoice | null;
  readonly invoiceUri: string;
  /** Paid for with a voucher. */
  readonly voucherPaid: Satoshi;
  readonly licence: Purchase | null;
  readonly percent: number;
  readonly batch: BatchResult | null;
  /** The signed USAGE, base64url, and whether licensing has it. */
  readonly usage: { readonly message: string; readonly booked: boolean } | null;
  readonly problem: Problem | null;
  /** The voucher that was given last. */
  readonly refund: { readonly voucher: string; readonly amount: Satoshi } | null;
  /** Given back in all. */
  readonly refunded: Satoshi;
  readonly times: Times;
}

export interface Purchase {
  readonly cti: string;
  readonly price: Satoshi;
  readonly licensor: Satoshi;
  readonly marketplace: Satoshi;
}

export interface Problem {
  readonly code: FailureCode;
  readonly facts: Readonly<Record<string, string>>;
}

/** Wall times of the order's steps, for the receipt and its timings. */
export interface Times {
  readonly ordered: Instant;
  readonly invoiced?: Instant;
  readonly paid?: Instant;
  readonly licensed?: Instant;
  readonly started?: Instant;
  readonly firstStep?: Instant;
  readonly ended?: Instant;
}

export type OrderEvent =
  | { readonly type: 'invoiced'; readonly invoice: Invoice; readonly uri: string; readonly at: Instant }
  | { readonly type: 'invoice'; readonly invoice: Invoice }
  /** The money is settled (or none is needed): the order is let go. */
  | { readonly type: 'released'; readonly at: Instant }
  | { readonly type: 'licensed'; readonly purchase: Purchase; readonly at: Instant }
  | { readonly type: 'checked' }
  | { readonly type: 'start'; readonly at: Instant }
  | { readonly type: 'burned'; readonly at: Instant }
  | { readonly type: 'percent'; readonly percent: number; readonly at: Instant }
  | { readonly type: 'ended'; readonly batch: BatchResult; readonly usage: string; readonly at: Instant }
  | { readonly type: 'booked' }
  /** Licensing will not issue another licence for a void use. */
  | { readonly type: 'claim_refused' }
  | { readonly type: 'failed'; readonly problem: Problem; readonly at: Instant }
  | { readonly type: 'hint'; readonly problem: Problem | null }
  | { readonly type: 'refunded'; readonly voucher: string; readonly amount: Satoshi }
  | { readonly type: 'cancel' };

export type OrderEffect =
  | { readonly type: 'invoice' }
  | { readonly type: 'buy' }
  | { readonly type: 'check' }
  | { readonly type: 'pour' }
  /** Give a reserved use back to the cell. */
  | { readonly type: 'release' }
  /** Send USAGE or VOID_CLAIM to licensing. */
  | { readonly type: 'book' }
  | { readonly type: 'refund'; readonly amount: Satoshi };

export interface OrderStep {
  readonly order: Order;
  readonly effects: readonly OrderEffect[];
}

const stay = (order: Order): OrderStep => ({ order, effects: [] });

/** What was paid for the drink and not given back. */
export function paid(order: Order): Satoshi {
  // money that did not release the order is the invoice's to give back
  const received = order.invoice?.released === true ? order.invoice.received : 0n;
  return satoshi(received + order.voucherPaid - order.refunded);
}

/** The order after an event, and what is to be done. Pure; an event that does not fit the stage changes nothing. */
export function advance(order: Order, event: OrderEvent): OrderStep {
  switch (event.type) {
    case 'invoiced':
      return stay({
        ...order,
        invoice: event.invoice,
        invoiceUri: event.uri,
        times: { ...order.times, invoiced: event.at },
      });
    case 'invoice':
      return invoiceChanged(order, event.invoice);
    case 'released':
      return released(order, event.at);
    case 'licensed':
      return licensed(order, event);
    case 'checked':
      return order.stage === 'licence' ? stay({ ...order, stage: 'place_glass', problem: null }) : stay(order);
    case 'start':
      return started(order, event.at);
    case 'burned':
      return order.stage === 'place_glass'
        ? stay({ ...order, stage: 'pouring', times: { ...order.times, firstStep: event.at } })
        : stay(order);
    case 'percent':
      return order.stage === 'pouring' ? stay({ ...order, percent: event.percent, problem: null }) : stay(order);
    case 'ended':
      return ended(order, event);
    case 'booked':
      return stay({ ...order, usage: order.usage === null ? null : { ...order.usage, booked: true } });
    case 'claim_refused':
      return order.stage === 'licence' ? fail(order, { code: 'machine/pour-interrupted', facts: {} }) : stay(order);
    case 'failed':
      return beforePour(order) ? fail(order, event.problem) : stay(order);
    case 'hint':
      return stay({ ...order, problem: event.problem });
    case 'refunded':
      return stay({
        ...order,
        refund: { voucher: event.voucher, amount: event.amount },
        refunded: satoshi(order.refunded + event.amount),
      });
    case 'cancel':
      return cancelled(order);
    default:
      return unreachable(event);
  }
}

/** What a restarted desk does to go on with an order. */
export function resume(order: Order): readonly OrderEffect[] {
  switch (order.stage) {
    case 'payment':
      return order.invoice === null ? [{ type: 'invoice' }] : [];
    case 'licence':
      return [order.licence === null ? { type: 'buy' } : { type: 'check' }];
    case 'place_glass':
      return [{ type: 'check' }];
    case 'done':
    case 'partial':
    case 'failed':
      return [
        ...(order.usage !== null && !order.usage.booked ? [{ type: 'book' } as const] : []),
        ...(order.stage !== 'done' && paid(order) > 0n ? [{ type: 'refund', amount: paid(order) } as const] : []),
      ];
    case 'confirming':
    case 'pouring':
    case 'expired':
    case 'cancelled':
      return [];
    default:
      return unreachable(order.stage);
  }
}

/** Whether nothing can happen to the order any more but bookings. */
export function isClosed(order: Order): boolean {
  return ['done', 'partial', 'failed', 'expired', 'cancelled'].includes(order.stage);
}

function beforePour(order: Order): boolean {
  return ['payment', 'confirming', 'licence', 'place_glass'].includes(order.stage);
}

function invoiceChanged(order: Order, invoice: Invoice): OrderStep {
  const next = { ...order, invoice };
  if (order.stage !== 'payment' && order.stage !== 'confirming') return stay(next);
  if (invoice.state === 'expired') {
    return stay({ ...next, stage: 'expired', problem: { code: 'payment/expired', facts: {} } });
  }
  if (invoice.state === 'underpaid') {
    const missing = (invoice.amount - invoice.received).toString();
    return stay({ ...next, stage: 'payment', problem: { code: 'payment/underpaid', facts: { missing } } });
  }
  const waiting = ['seen', 'confirmed'].includes(invoice.state);
  return stay({ ...next, stage: waiting ? 'confirming' : 'payment', problem: null });
}

function released(order: Order, at: Instant): OrderStep {
  if (order.stage !== 'payment' && order.stage !== 'confirming') return stay(order);
  return {
    order: { ...order, stage: 'licence', problem: null, times: { ...order.times, paid: at } },
    effects: [{ type: 'buy' }],
  };
}

function licensed(order: Order, event: Extract<OrderEvent, { type: 'licensed' }>): OrderStep {
  if (order.stage !== 'licence') return stay(order);
  return {
    order: { ...order, licence: event.purchase, times: { ...order.times, licensed: event.at } },
    effects: [{ type: 'check' }],
  };
}

function started(order: Order, at: Instant): OrderStep {
  // a second touch while the first is under way does nothing
  const underWay = order.times.started !== undefined && order.problem === null;
  if (order.stage !== 'place_glass' || underWay) return stay(order);
  return {
    order: { ...order, problem: null, times: { ...order.times, started: at } },
    effects: [{ type: 'pour' }],
  };
}

function ended(order: Order, event: Extract<OrderEvent, { type: 'ended' }>): OrderStep {
  if (isClosed(order)) return stay(order);
  const { batch } = event;
  const next: Order = {
    ...order,
    batch,
    usage: { message: event.usage, booked: false },
    times: { ...order.times, ended: event.at },
  };
  if (batch.void_claim) {
    // burned, nothing poured: licensing issues the licence again
    return { order: { ...next, stage: 'licence', percent: 0 }, effects: [{ type: 'book' }] };
  }
  if (batch.result === 'ok')
    return { order: { ...next, stage: 'done', percent: 100, problem: null }, effects: [{ type: 'book' }] };
  const code: FailureCode = batch.reason === 'power-cut' ? 'machine/power-cut' : 'machine/pour-partial';
  const facts = {
    ordered_ul: String(batch.ordered_ul),
    delivered_ul: String(batch.delivered_ul),
    reason: batch.reason,
  };
  return {
    order: { ...next, stage: batch.result === 'failed' ? 'failed' : 'partial', problem: { code, facts } },
    effects: [{ type: 'book' }, ...refund(order)],
  };
}

function fail(order: Order, problem: Problem): OrderStep {
  return {
    order: { ...order, stage: 'failed', problem },
    effects: [...(order.licence === null ? [] : [{ type: 'release' } as const]), ...refund(order)],
  };
}

function cancelled(order: Order): OrderStep {
  if (
    !beforePour(order) ||
    (order.stage === 'place_glass' && order.times.started !== undefined && order.problem === null)
  ) {
    return stay(order);
  }
  return {
    order: { ...order, stage: 'cancelled', problem: null },
    effects: [...(order.licence === null ? [] : [{ type: 'release' } as const]), ...refund(order)],
  };
}

function refund(order: Order): OrderEffect[] {
  const amount = paid(order);
  return amount > 0n ? [{ type: 'refund', amount }] : [];
}
