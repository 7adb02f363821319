import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import type { Order } from '../orders/order.ts';
import { receiptView } from './order-view.ts';

/** The receipt in the form that programs read: whole numbers in named units. */
export interface ReceiptDocument {
  readonly order: string;
  readonly drink: string;
  readonly ordered_ul: number;
  readonly delivered_ul: number;
  readonly pieces: number;
  readonly licence: string;
  readonly payment: {
    readonly rail: Order['rail'];
    readonly txid: string | null;
    readonly satoshi: number;
    readonly licence_satoshi: number;
    readonly split: { readonly licensor: number; readonly marketplace: number };
  };
  readonly journal: { readonly index: number; readonly head: string };
  readonly timings_ms: {
    readonly order_to_invoice: number;
    readonly paid_to_licence: number;
    readonly start_to_first_step: number;
    readonly pour: number;
  };
  readonly usage: string;
}

/** @throws Failure `order/wrong-state` before the drink has ended */
export function receiptDocument(order: Order, journal: CellStatus['journal']): ReceiptDocument {
  const receipt = receiptView(order);
  if (receipt === null || order.batch === null) throw new Failure('order/wrong-state', { stage: order.stage });
  const { times } = order;
  return {
    order: order.id,
    drink: order.drink,
    ordered_ul: receipt.ordered_ul,
    delivered_ul: receipt.delivered_ul,
    pieces: order.batch.pieces,
    licence: receipt.licence,
    payment: {
      rail: order.rail,
      txid: receipt.txid,
      satoshi: receipt.price_sat,
      licence_satoshi: receipt.licence_sat,
      split: { licensor: receipt.split.licensor_sat, marketplace: receipt.split.marketplace_sat },
    },
    journal: { index: journal.index, head: hex(journal.head) },
    timings_ms: {
      order_to_invoice: between(times.ordered, times.invoiced),
      paid_to_licence: between(times.paid, times.licensed),
      start_to_first_step: between(times.started, times.firstStep),
      pour: between(times.firstStep, times.ended),
    },
    usage: Buffer.from(receipt.usage, 'base64url').toString('base64'),
  };
}

function between(from: Instant | undefined, to: Instant | undefined): number {
  return from === undefined || to === undefined ? 0 : Math.max(0, to - from);
}
