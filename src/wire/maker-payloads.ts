import { z } from 'zod';
import { bytesOf, bytesUpTo, count, digest, machineId, nonce, time } from './fields.ts';

/** What stands in the messages between a machine's maker and the machines, owners and marketplaces that believe it. */

const kilobyte = 1024;
/** CA certificates of one role, DER. */
const caList = z.array(bytesUpTo(8 * kilobyte)).max(8);

export const anchorsPayload = z.strictObject({
  /** One more than that of the list before. */
  version: z.int().min(2),
  anchors: z.strictObject({
    maker: caList.min(1),
    machine: caList.optional(),
    'class-key': caList.optional(),
    author: caList.optional(),
    catalogue: caList.optional(),
    licensing: caList.optional(),
    deposit: caList.optional(),
  }),
  time,
});

export const softwarePayload = z.strictObject({
  name: z.string().min(1).max(64),
  version: z.string().min(1).max(64),
  files: z
    .array(z.strictObject({ path: z.string().min(1).max(512), size: count, sha256: digest }))
    .min(1)
    .max(20_000),
  time,
});

export const voucherPayload = z.strictObject({
  voucher: bytesOf(16),
  machine: machineId,
  token_class: z.enum(['soft', 'tpm', 'hsm']),
  profile: z.enum(['H', 'S']),
  expires: time,
  time,
});

export const transportPayload = z.strictObject({
  machine: machineId,
  class: z.string().max(64),
  spki: bytesUpTo(600),
  nonce,
});

export const classKeyPayload = z.strictObject({
  machine: machineId,
  class: z.string().max(64),
  epoch: z.int().min(1),
  kek: bytesUpTo(512),
  key: bytesUpTo(4 * kilobyte),
  /** Certificate (role class-key) of the public half. */
  certificate: bytesUpTo(4 * kilobyte),
  nonce,
});
