import { describe, expect, it } from 'vitest';
import { advance as advanceInvoice } from '#payment/advance-invoice.ts';
import { instant, satoshi } from '#shared/units.ts';
import { orderView as schema } from '#wire/screen-api.ts';
import type { Order } from '../orders/order.ts';
import {
  batch,
  cti,
  emptyBatch,
  output,
  purchase,
  sampleInvoice,
  sampleOrder,
  start,
} from '../orders/testing/sample-order.ts';
import { orderView } from './order-view.ts';
import { receiptDocument } from './receipt-document.ts';

const at = (ms: number) => instant(start + ms);
const { invoice } = advanceInvoice(sampleInvoice(), { type: 'looked', at: at(1000), outputs: [output(2, 1000, 1)] });
const journal = { index: 7, head: new Uint8Array(32).fill(0xab) };

const done: Order = sampleOrder({
  stage: 'done',
  invoice,
  licence: purchase(1),
  batch: batch(cti(1)),
  usage: { message: Buffer.from([0xfb, 0xff, 0x00]).toString('base64url'), booked: true },
  times: {
    ordered: start,
    invoiced: at(50),
    paid: at(1000),
    licensed: at(1200),
    started: at(5000),
    firstStep: at(5010),
    ended: at(9000),
  },
});

describe('the receipt', () => {
  it('names drink, money, licence and proof in whole numbers', () => {
    expect(receiptDocument(done, journal)).toEqual({
      order: done.id,
      drink: 'lagoon',
      ordered_ul: 200_000,
      delivered_ul: 200_000,
      pieces: 4,
      licence: cti(1),
      payment: {
        rail: 'bitcoin',
        txid: '2'.padStart(64, '0'),
        satoshi: 1000,
        licence_satoshi: 650,
        split: { licensor: 455, marketplace: 195 },
      },
      journal: { index: 7, head: 'ab'.repeat(32) },
      timings_ms: { order_to_invoice: 50, paid_to_licence: 200, start_to_first_step: 10, pour: 3990 },
      usage: '+/8A',
    });
  });

  it('can be written as JSON', () => {
    const document = receiptDocument(done, journal);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it.each([
    ['before the drink has ended', { stage: 'pouring', batch: null, usage: null }],
    ['for a void licence', { stage: 'licence', batch: emptyBatch(cti(1)) }],
    ['for an order that was cancelled', { stage: 'cancelled', batch: null, usage: null, licence: null }],
  ] as const)('is not given %s', (_when, changes) => {
    const order = { ...done, ...changes };
    expect(() => receiptDocument(order, journal)).toThrow('order/wrong-state');
    expect(orderView(order).receipt).toBeNull();
  });

  it('is given for a drink that was poured in part, beside its refund', () => {
    const refund = { voucher: 'AAAA', amount: satoshi(1000) };
    const order: Order = {
      ...done,
      stage: 'partial',
      batch: batch(cti(1), { result: 'partial', delivered_ul: 9 }),
      refund,
    };
    expect(receiptDocument(order, journal).delivered_ul).toBe(9);
    expect(orderView(order)).toMatchObject({
      refund: { voucher: 'AAAA', amount_sat: 1000 },
      receipt: { delivered_ul: 9 },
    });
  });

  it('has no transaction for a voucher, and no time below zero when the clock was set back', () => {
    const order: Order = { ...done, rail: 'voucher', invoice: null, times: { ...done.times, paid: at(3000) } };
    const document = receiptDocument(order, journal);
    expect(document.payment.txid).toBeNull();
    expect(document.timings_ms.paid_to_licence).toBe(0);
  });
});

describe('an order as the customer sees it', () => {
  it.each([
    ['as it is taken', sampleOrder()],
    ['with its invoice', sampleOrder({ invoice: sampleInvoice(), invoiceUri: 'bitcoin:rb1q?amount=0.00001' })],
    ['done', done],
    ['that broke', sampleOrder({ stage: 'failed', problem: { code: 'order/broken', facts: { number: '1' } } })],
  ])('fits the wire %s', (_when, order) => {
    expect(schema.parse(orderView(order))).toEqual(orderView(order));
  });

  it('shows neither claims nor licences nor what broke', () => {
    const view = JSON.stringify(orderView({ ...done, broken: { effect: 'book', at: start }, claims: 2 }));
    expect(view).not.toMatch(/broken|claims|queuedAt|manifest|script/);
  });
});
