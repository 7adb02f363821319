import { z } from 'zod';
import type { Satoshi } from '#shared/units.ts';

/** How columns arrive: drivers answer `bigint` as number, bigint or text, and `bytea` as a Buffer. */

/** A whole number that fits in a double. */
export const whole = z
  .union([z.number(), z.bigint(), z.string().regex(/^-?\d+$/)])
  .transform((value) => Number(value))
  .pipe(z.int());

/** An amount of money, which may be negative in a ledger. */
export const amount = z
  .union([z.number(), z.bigint(), z.string().regex(/^-?\d+$/)])
  .transform((value) => BigInt(value) as Satoshi);

export const bytes = z.instanceof(Uint8Array).transform((value) => new Uint8Array(value));
