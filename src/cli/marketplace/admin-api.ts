import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { bytesOf, bytesUpTo, count, digest, journalHead, machineId, time } from '#wire/fields.ts';
import { messages } from '#wire/messages.ts';

const empty = z.strictObject({});
const name = z.string().min(1).max(120);
const reason = z.string().min(1).max(200);

/** What is owed to whoever follows a machine. */
const estate = z.strictObject({ machine: machineId, uses: count, due: time });

const machineView = z.strictObject({
  machine: machineId,
  state: z.enum(['good', 'quarantined', 'released', 'retired']),
  epoch: count,
  seq: count,
  remembered: journalHead.nullable(),
  journals: z.array(z.strictObject({ head: journalHead, last_seq: count, at: time })).max(16),
  waiting: count,
  refused: count,
  heir: machineId.nullable(),
});

/** What the marketplace's operator may ask over its Unix socket: whoever may open that file is the operator. */
export const adminOperations = {
  machines: { request: empty, answer: z.strictObject({ machines: z.array(machineView).max(4096) }) },
  release: {
    request: z.strictObject({ machine: machineId, person: name, reason, head: z.string().max(64).optional() }),
    answer: empty,
  },
  revoke: {
    request: z.strictObject({ target: messages.REVOKE.schema.shape.target, person: name, reason: reason.max(64) }),
    answer: empty,
  },
  claims: {
    request: empty,
    answer: z.strictObject({
      claims: z
        .array(
          z.strictObject({ machine: machineId, kid: digest, cti: bytesOf(16), code: z.string().max(64), at: time }),
        )
        .max(256),
    }),
  },
  grant_claim: {
    request: z.strictObject({
      machine: machineId,
      kid: z.string().regex(/^[0-9a-f]{4,64}$/),
      person: name,
      reason,
    }),
    answer: z.strictObject({ seq: count }),
  },
  enrol: { request: z.strictObject({ certificate: bytesUpTo(8192) }), answer: z.strictObject({ machine: machineId }) },
  decommission: { request: z.strictObject({ message: bytesUpTo(64 * 1024) }), answer: estate },
  report_loss: {
    request: z.strictObject({ machine: machineId, operator: name, technician: name, reason }),
    answer: estate,
  },
  succeed: { request: z.strictObject({ machine: machineId, heir: machineId }), answer: estate },
} as const;

export type AdminOperation = keyof typeof adminOperations;
export type AdminRequest<O extends AdminOperation> = z.infer<(typeof adminOperations)[O]['request']>;
export type AdminAnswer<O extends AdminOperation> = z.infer<(typeof adminOperations)[O]['answer']>;

/** A Unix socket's path holds 107 bytes. */
const longest = 100;

/** The operator's socket of the marketplace with this state folder. */
export function adminSocket(state: string): string {
  const near = join(resolve(state), 'admin.sock');
  const short = createHash('sha256').update(near).digest('hex').slice(0, 16);
  return near.length <= longest ? near : join(tmpdir(), `decant-admin-${short}.sock`);
}
