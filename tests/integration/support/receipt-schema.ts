import { z } from 'zod';

const whole = z.int().min(0);

/** The receipt as programs read it; the form stays (commands). */
export const receiptSchema = z.strictObject({
  order: z.uuid(),
  drink: z.string().regex(/^[a-z0-9-]+$/),
  ordered_ul: whole,
  delivered_ul: whole,
  pieces: whole,
  licence: z.string().regex(/^[0-9a-f]{32}$/),
  payment: z.strictObject({
    rail: z.enum(['bitcoin', 'voucher', 'free']),
    txid: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable(),
    satoshi: whole,
    licence_satoshi: whole,
    split: z.strictObject({ licensor: whole, marketplace: whole }),
  }),
  journal: z.strictObject({ index: whole, head: z.string().regex(/^[0-9a-f]{64}$/) }),
  timings_ms: z.strictObject({
    order_to_invoice: whole,
    paid_to_licence: whole,
    start_to_first_step: whole,
    pour: whole,
  }),
  usage: z.base64(),
});
