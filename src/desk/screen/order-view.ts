import { type Invoice, remaining } from '#payment/invoice.ts';
import { paymentUri, readPaymentUri } from '#payment/uri.ts';
import type { ReceiptView, OrderView } from '#wire/screen-api.ts';
import type { Order } from '../orders/order.ts';

/** An order as the customer sees it. */
export function orderView(order: Order): OrderView {
  const { invoice } = order;
  return {
    id: order.id,
    number: order.number,
    drink: order.drink,
    state: order.stage,
    price_sat: Number(order.price),
    invoice:
      invoice === null
        ? null
        : {
            state: invoice.state,
            address: invoice.address,
            uri: uriOf(invoice, order.invoiceUri),
            amount_sat: Number(invoice.amount),
            received_sat: Number(invoice.received),
            expires_at_ms: invoice.expiresAt,
          },
    percent: order.percent,
    problem: order.problem === null ? null : { code: order.problem.code, facts: { ...order.problem.facts } },
    refund: order.refund === null ? null : { voucher: order.refund.voucher, amount_sat: Number(order.refund.amount) },
    receipt: receiptView(order),
  };
}

/** The request that the QR code carries: of what is still to be paid. */
function uriOf(invoice: Invoice, whole: string): string {
  const request = invoice.state === 'underpaid' ? readPaymentUri(whole) : null;
  return request === null ? whole : paymentUri({ ...request, amount: remaining(invoice) });
}

/** The receipt of an order that was poured, wholly or in part. */
export function receiptView(order: Order): ReceiptView | null {
  const { batch, licence, usage, times, invoice } = order;
  if (batch === null || licence === null || usage === null || batch.void_claim) return null;
  return {
    order: order.id,
    number: order.number,
    drink: order.drink,
    at_ms: times.ended ?? times.ordered,
    ordered_ul: batch.ordered_ul,
    delivered_ul: batch.delivered_ul,
    licence: licence.cti,
    price_sat: Number(order.price),
    licence_sat: Number(licence.price),
    split: { licensor_sat: Number(licence.licensor), marketplace_sat: Number(licence.marketplace) },
    txid: invoice?.payments.find(({ gone }) => !gone)?.txid ?? null,
    usage: usage.message,
    usage_accepted: usage.booked,
  };
}
