import { z } from 'zod';
import { instant, milliseconds, satoshi } from '#shared/units.ts';
import { type Invoice, invoiceStates } from './invoice.ts';

const time = z.int().nonnegative().transform(instant);
const duration = z.int().nonnegative().transform(milliseconds);
const count = z.int().nonnegative();
const money = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform((text) => satoshi(BigInt(text)));

const record: z.ZodType<Invoice, unknown> = z.strictObject({
  id: z.string(),
  address: z.string(),
  script: z.string(),
  amount: money,
  state: z.enum(invoiceStates),
  createdAt: time,
  expiresAt: time,
  watchedUntil: time,
  confirmations: count,
  grace: duration,
  payments: z.array(
    z.strictObject({
      txid: z.string(),
      vout: count,
      value: money,
      firstSeenAt: time,
      late: z.boolean(),
      confirmations: count,
      wasConfirmed: z.boolean(),
      gone: z.boolean(),
    }),
  ),
  received: money,
  released: z.boolean(),
  refunded: money,
  lookedAt: time.nullable(),
  unknownSince: time.nullable(),
});

/** An invoice as JSON text to keep; amounts are decimal strings. */
export function encodeInvoice(invoice: Invoice): string {
  return JSON.stringify(invoice, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

/** The invoice that was kept. @throws Error (a bug, not a failure) for text that `encodeInvoice` did not write. */
export function decodeInvoice(text: string): Invoice {
  return record.parse(JSON.parse(text));
}
