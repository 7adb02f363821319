import type { ChainOutput } from '#payment/chain-source.ts';
import { createInvoice, type Invoice, usualPolicy } from '#payment/invoice.ts';
import { fromHex } from '#shared/entropy.ts';
import { type Instant, instant, satoshi } from '#shared/units.ts';
import type { BatchResult } from '#wire/cell-api.ts';
import type { Order, Purchase } from '../order.ts';

export const start: Instant = instant(1_800_000_000_000);
export const orderId = 'c0ffee00-0000-4000-8000-000000000001';
const none = satoshi(0);

/** An order over 1000 satoshi as it is first kept, with `changes`. */
export function sampleOrder(changes: Partial<Order> = {}): Order {
  return {
    id: orderId,
    number: 1,
    drink: 'lagoon',
    recipe: '11'.repeat(16),
    version: 1,
    manifest: '22'.repeat(32),
    price: satoshi(1000),
    rail: 'bitcoin',
    stage: 'payment',
    invoice: null,
    invoiceUri: '',
    voucherPaid: none,
    licence: null,
    queuedAt: null,
    percent: 0,
    batch: null,
    usage: null,
    claims: 0,
    problem: null,
    refund: null,
    refunded: none,
    broken: null,
    times: { ordered: start },
    ...changes,
  };
}

export function sampleInvoice(): Invoice {
  return createInvoice({
    id: orderId,
    address: 'rb1q',
    script: '0014',
    amount: satoshi(1000),
    now: start,
    policy: usualPolicy,
  });
}

export function output(id: number, value: number, confirmations: number): ChainOutput {
  return { txid: `${id}`.padStart(64, '0'), vout: 0, value: satoshi(value), confirmations, blockTime: null };
}

/** The `n`th licence: its cti, hexadecimal. */
export const cti = (n: number): string => n.toString(16).padStart(32, '0');

export function purchase(n: number): Purchase {
  return { cti: cti(n), price: satoshi(650), licensor: satoshi(455), marketplace: satoshi(195) };
}

/** How the batch of a licence ended. */
export function batch(licence: string, changes: Partial<BatchResult> = {}): BatchResult {
  return {
    order: orderId,
    cti: fromHex(licence),
    result: 'ok',
    reason: '',
    pieces: 4,
    ordered_ul: 200_000,
    delivered_ul: 200_000,
    void_claim: false,
    ...changes,
  };
}

export const emptyBatch = (licence: string): BatchResult =>
  batch(licence, { result: 'failed', reason: 'power-cut', pieces: 0, delivered_ul: 0, void_claim: true });
