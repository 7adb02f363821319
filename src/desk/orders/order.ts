import type { Invoice } from '#payment/invoice.ts';
import { hex } from '#shared/entropy.ts';
import type { Failure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import type { Instant, Satoshi } from '#shared/units.ts';
import type { BatchResult } from '#wire/cell-api.ts';
import type { OrderState } from '#wire/screen-api.ts';

/**
 * A customer's order, from the touch on a drink to its receipt or refund. Invariants: an order with money ends in a receipt,
 * in a refund of all that was received, or as an open case; nothing is started twice; a stage only moves forward, but for
 * a licence that is issued again and for a glass that nobody starts while others wait.
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
  /** Its place in the queue for the station: earlier ones come first; null before the first licence. */
  readonly queuedAt: Instant | null;
  readonly percent: number;
  readonly batch: BatchResult | null;
  /** The signed USAGE or VOID_CLAIM, base64url, and whether licensing has it. */
  readonly usage: { readonly message: string; readonly booked: boolean } | null;
  /** How often a licence was burned without a drop. */
  readonly claims: number;
  readonly problem: Problem | null;
  /** The voucher that the customer holds, with all that it is worth. */
  readonly refund: { readonly voucher: string; readonly amount: Satoshi } | null;
  /** Given back in all, beside the change of a voucher. */
  readonly refunded: Satoshi;
  /** Work on this order that ended in an error which nobody foresaw: a person must look. */
  readonly broken: { readonly effect: OrderEffect; readonly at: Instant } | null;
  readonly times: Times;
}

export interface Purchase {
  /** Hexadecimal. */
  readonly cti: string;
  readonly price: Satoshi;
  readonly licensor: Satoshi;
  readonly marketplace: Satoshi;
}

export interface Problem {
  readonly code: FailureCode;
  readonly facts: Readonly<Record<string, string>>;
}

/** A failure as it is shown and kept. */
export function problemOf({ code, facts }: Failure): Problem {
  return { code, facts: Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)])) };
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
  | { readonly type: 'invoice'; readonly invoice: Invoice; readonly at: Instant }
  /** No invoice is needed: a voucher paid, or the drink is free. */
  | { readonly type: 'released'; readonly at: Instant }
  | { readonly type: 'licensed'; readonly purchase: Purchase; readonly at: Instant }
  | { readonly type: 'checked' }
  | { readonly type: 'start'; readonly at: Instant }
  /** Nothing was burned: it may be started again, after another check if `recheck`. */
  | { readonly type: 'not_started'; readonly problem: Problem | null; readonly recheck: boolean }
  | { readonly type: 'burned'; readonly at: Instant }
  | { readonly type: 'percent'; readonly percent: number; readonly at: Instant }
  | { readonly type: 'ended'; readonly batch: BatchResult; readonly usage: string; readonly at: Instant }
  | { readonly type: 'booked' }
  /** Licensing will not issue another licence for a void use. */
  | { readonly type: 'claim_refused'; readonly at: Instant }
  /** Something that the order cannot do without was refused for good. */
  | { readonly type: 'failed'; readonly by: OrderEffect; readonly problem: Problem; readonly at: Instant }
  /** Something holds the order up, or (null) no longer does. */
  | { readonly type: 'hint'; readonly problem: Problem | null }
  /** `amount` was given back; the voucher for it is worth `worth` in all. */
  | { readonly type: 'refunded'; readonly voucher: string; readonly amount: Satoshi; readonly worth: Satoshi }
  | { readonly type: 'cancel'; readonly at: Instant }
  /** Others wait and nobody starts it: it goes to the end of the queue. */
  | { readonly type: 'stepped_back'; readonly at: Instant }
  /** Work on it ended in an error that nobody foresaw. */
  | { readonly type: 'broke'; readonly effect: OrderEffect; readonly at: Instant };

/**
 * What is to be done for an order. Each may be repeated, but `pour`, which is asked for once for each start:
 * - `invoice` makes its invoice; `buy` its licence; `check` has the cell check it, when the station is free;
 * - `pour` starts it; `settle` asks the cell what became of that;
 * - `release` gives a reserved use back to the cell; `book` sends USAGE or VOID_CLAIM to licensing;
 * - `refund` gives back whatever is owed.
 */
export type OrderEffect = 'invoice' | 'buy' | 'check' | 'pour' | 'settle' | 'release' | 'book' | 'refund';

/** Whether nothing can happen to the order any more but bookings and refunds. */
export function isClosed({ stage }: Order): boolean {
  return ['done', 'partial', 'failed', 'expired', 'cancelled'].includes(stage);
}

/** Start was touched and the cell has not said yet that the licence is burned. */
export function isStarting({ stage, times }: Order): boolean {
  return stage === 'place_glass' && times.started !== undefined;
}

/** Whether the order's licence was burned without a drop, so that another one is due. */
export function isVoid({ batch, licence }: Order): boolean {
  return batch !== null && batch.void_claim && licence !== null && hex(batch.cti) === licence.cti;
}
