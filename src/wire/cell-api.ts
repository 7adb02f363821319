import { z } from 'zod';
import {
  bytesOf,
  bytesUpTo,
  count,
  digest,
  journalHead,
  machineId,
  microlitre,
  recipeId,
  sat,
  version,
} from './fields.ts';

/**
 * What desk (and the technician's console) may ask of the cell over its Unix sockets. A frame is a big-endian u32
 * length and that many bytes of deterministic CBOR: a request, an answer, or an event. Nothing here can carry a PIN, a
 * key, a plaintext piece or an amount of one ingredient.
 */
export const maxFrameBytes = 512 * 1024;
export const maxChunkBytes = 256 * 1024;

const order = z.uuid();
const empty = z.strictObject({});
const message = bytesUpTo(96 * 1024);

/** A line as anyone may see it. */
const lineView = z.strictObject({
  line: z.int().min(1).max(64),
  ingredient: z.string().max(64),
  /** Falls by the published `max_ul` of sold drinks, not by true amounts. */
  stock_ul: z.int().min(0),
  bottle_ul: z.int().min(0),
  max_flow_ul_per_s: z.int().min(0),
});

const statusView = z.strictObject({
  machine: machineId,
  name: z.string().max(200),
  machine_class: z.string().max(64),
  software: z.string().max(64),
  /** What the machine is doing. */
  state: z.enum(['idle', 'pouring', 'held', 'fault', 'quarantined']),
  token: z.strictObject({
    class: z.enum(['soft', 'tpm', 'hsm']),
    profile: z.enum(['H', 'S']),
    serial: z.string().max(64),
  }),
  certificate_expires: count,
  prekeys: z.strictObject({ free: count, assigned: count }),
  licences: z.array(z.strictObject({ cti: bytesOf(16), seq: count, recipe: recipeId, version, unused: count })),
  last_seq: count,
  journal: journalHead,
  lines: z.array(lineView).max(64),
  limits: z.strictObject({
    min_dose_ul: microlitre,
    dose_error_ul: microlitre,
    glass_ul: microlitre,
    pumps_at_once: count,
    /** Slowest flow of a line that published durations allow for. */
    nominal_flow_ul_per_s: count,
    alcohol: z.boolean(),
    glass_present: z.boolean(),
  }),
  spooled: z.array(digest).max(4096),
  /** Orders that ended while desk was not there to hear it, or still need it. */
  unfinished: z.array(
    z.strictObject({ order, cti: bytesOf(16), kid: digest, stage: z.enum(['reserved', 'spent', 'void']) }),
  ),
});

/** How a batch ended: totals only. */
export const batchResult = z.strictObject({
  order,
  cti: bytesOf(16),
  result: z.enum(['ok', 'partial', 'failed']),
  reason: z.string().max(64),
  pieces: count,
  ordered_ul: microlitre,
  delivered_ul: microlitre,
  /** Whether the licence was burned without a piece being started, so that licensing issues another. */
  void_claim: z.boolean(),
});

/** Each operation with the form of its request and of its answer. */
export const cellOperations = {
  status: { request: empty, answer: statusView },
  /** A private_key_jwt for the pinned issuer; the cell writes the claims itself. */
  client_assertion: {
    request: empty,
    answer: z.strictObject({ issuer: z.string().max(200), jwt: z.string().max(8192) }),
  },
  tls_grant: {
    request: z.strictObject({ spki: digest, nonce: bytesOf(16) }),
    answer: z.strictObject({ grant: message }),
  },
  /** PREKEYS when the pool is low (or `force`), else null. Repeats the last batch until `prekeys_booked`. */
  prekeys: { request: empty, answer: z.strictObject({ message: message.nullable() }) },
  prekeys_booked: { request: z.strictObject({ digest }), answer: empty },
  /** The cell's nonce for an offer of this recipe. */
  offer_nonce: {
    request: z.strictObject({ recipe: recipeId, version }),
    answer: z.strictObject({ nonce: bytesOf(16) }),
  },
  /** Verifies the OFFER and answers the ORDER for it; the same order id always gets the same ORDER. */
  order: { request: z.strictObject({ order, offer: message }), answer: z.strictObject({ message, price: sat }) },
  spool_begin: {
    request: z.strictObject({
      size: z
        .int()
        .min(1)
        .max(1 << 30),
    }),
    answer: z.strictObject({ upload: bytesOf(16) }),
  },
  spool_chunk: {
    request: z.strictObject({ upload: bytesOf(16), at: count, bytes: bytesUpTo(maxChunkBytes) }),
    answer: empty,
  },
  /** Checks manifest and body, keeps the file, answers the digest of the manifest. */
  spool_end: { request: z.strictObject({ upload: bytesOf(16) }), answer: z.strictObject({ manifest: digest }) },
  /** Stores a LICENCE; a repeat of the same bytes answers again. */
  licence: {
    request: z.strictObject({ message }),
    answer: z.strictObject({ ack: message, cti: bytesOf(16), seq: count }),
  },
  /** Sets a use aside for an order; `cti` null picks the licence that answers this order. */
  reserve: { request: z.strictObject({ order }), answer: z.strictObject({ cti: bytesOf(16) }) },
  /** Unwraps both content keys and opens the check piece; nothing is spent yet. */
  check: { request: z.strictObject({ order }), answer: z.strictObject({ duration_ms: count }) },
  /** Burns the licence and pours. Answers once the licence is burned; the end comes as an event. */
  start: { request: z.strictObject({ order }), answer: empty },
  /** Gives a reserved use back. */
  release: { request: z.strictObject({ order }), answer: empty },
  stop: { request: z.strictObject({ order }), answer: empty },
  /** Result of a batch that has ended, and its signed USAGE or VOID_CLAIM. */
  outcome: { request: z.strictObject({ order }), answer: z.strictObject({ batch: batchResult, message }) },
  /** USAGE_RECEIPT, or REFUSED, for an outcome. */
  outcome_booked: { request: z.strictObject({ order, message }), answer: empty },
  /** HEAD for licensing. */
  head: { request: empty, answer: z.strictObject({ message }) },
  /** WITNESS or QUARANTINE. */
  head_answer: { request: z.strictObject({ message }), answer: z.strictObject({ quarantined: z.boolean() }) },
} as const;

export type CellOperation = keyof typeof cellOperations;
export type CellRequest<O extends CellOperation> = z.infer<(typeof cellOperations)[O]['request']>;
export type CellAnswer<O extends CellOperation> = z.infer<(typeof cellOperations)[O]['answer']>;

/** What the technician's socket may ask beside `status`. */
export const serviceOperations = {
  status: cellOperations.status,
  stock_set: {
    request: z.strictObject({ line: z.int().min(1).max(64), stock_ul: microlitre, who: z.string().min(1).max(64) }),
    answer: empty,
  },
  journal_verify: { request: empty, answer: z.strictObject({ entries: count, journal: journalHead }) },
} as const;

/** What the cell tells without being asked. */
export const cellEvents = {
  percent: z.strictObject({ order, percent: z.int().min(0).max(100) }),
  held: z.strictObject({ order, reason: z.string().max(64) }),
  done: batchResult,
  /** The status is another now: a technician has set the stock, say. */
  changed: empty,
} as const;

export type CellEvent = {
  [N in keyof typeof cellEvents]: { event: N; body: z.infer<(typeof cellEvents)[N]> };
}[keyof typeof cellEvents];
export type CellStatus = z.infer<typeof statusView>;
/** The machine in the form that feasibility is judged by. */
export function machineFacts({ machine_class, software, limits, lines }: CellStatus) {
  return {
    machine_class,
    runtime: software.replace(/^[^0-9]*/, ''),
    glass_ul: limits.glass_ul,
    min_dose_ul: limits.min_dose_ul,
    pumps_at_once: limits.pumps_at_once,
    alcohol: limits.alcohol,
    nominal_flow_ul_s: limits.nominal_flow_ul_per_s,
    lines: lines.map(({ ingredient, stock_ul, max_flow_ul_per_s }) => ({
      ingredient,
      stock_ul,
      dose_error_ul: limits.dose_error_ul,
      max_flow_ul_s: max_flow_ul_per_s,
    })),
  };
}

export type BatchResult = z.infer<typeof batchResult>;

export const requestFrame = z.strictObject({ id: count, op: z.string().max(32), body: z.unknown() });
export const answerFrame = z.union([
  z.strictObject({ id: count, body: z.unknown() }),
  z.strictObject({
    id: count,
    code: z.string().max(64),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
]);
export const eventFrame = z.strictObject({ event: z.string().max(32), body: z.unknown() });
