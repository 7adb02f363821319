import { z } from 'zod';
import { decodeInvoice, encodeInvoice } from '#payment/invoice-record.ts';
import { fromHex, hex } from '#shared/entropy.ts';
import { failureCodes } from '#shared/failure-codes.ts';
import { instant, satoshi } from '#shared/units.ts';
import { batchResult } from '#wire/cell-api.ts';
import { orderState } from '#wire/screen-api.ts';
import type { Order } from './order.ts';

const effects = ['invoice', 'buy', 'check', 'pour', 'settle', 'release', 'book', 'refund'] as const;
const time = z.int().nonnegative().transform(instant);
const money = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform((text) => satoshi(BigInt(text)));

const record: z.ZodType<Order, unknown> = z.strictObject({
  id: z.uuid(),
  number: z.int().positive(),
  drink: z.string(),
  recipe: z.string(),
  version: z.int(),
  manifest: z.string(),
  price: money,
  rail: z.enum(['bitcoin', 'voucher', 'free']),
  stage: orderState,
  invoice: z.string().transform(decodeInvoice).nullable(),
  invoiceUri: z.string(),
  voucherPaid: money,
  licence: z.strictObject({ cti: z.string(), price: money, licensor: money, marketplace: money }).nullable(),
  queuedAt: time.nullable(),
  percent: z.int().min(0).max(100),
  batch: z
    .strictObject({ ...batchResult.shape, cti: z.string().transform(fromHex) })
    .pipe(batchResult)
    .nullable(),
  usage: z.strictObject({ message: z.string(), booked: z.boolean() }).nullable(),
  claims: z.int().nonnegative(),
  problem: z.strictObject({ code: z.enum(failureCodes), facts: z.record(z.string(), z.string()) }).nullable(),
  refund: z.strictObject({ voucher: z.string(), amount: money }).nullable(),
  refunded: money,
  broken: z.strictObject({ effect: z.enum(effects), at: time }).nullable(),
  times: z.strictObject({
    ordered: time,
    invoiced: time.exactOptional(),
    paid: time.exactOptional(),
    licensed: time.exactOptional(),
    started: time.exactOptional(),
    firstStep: time.exactOptional(),
    ended: time.exactOptional(),
  }),
});

/** An order as JSON text to keep; amounts are decimal strings, bytes hexadecimal. */
export function encodeOrder(order: Order): string {
  const { batch, invoice } = order;
  const plain = {
    ...order,
    invoice: invoice === null ? null : encodeInvoice(invoice),
    batch: batch === null ? null : { ...batch, cti: hex(batch.cti) },
  };
  return JSON.stringify(plain, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

/** The order that was kept. @throws Error (a bug, not a failure) for text that `encodeOrder` did not write. */
export function decodeOrder(text: string): Order {
  return record.parse(JSON.parse(text));
}
