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
import { hoseView, serviceJobOperations } from './service-api.ts';

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
  /** Most that its pump may carry in one drink. */
  most_ul: count,
  /** What its pump draws while it runs. */
  power_mw: count,
  /** Why nothing is sold from it, though the others are; `decant pump` ends it. */
  blocked_by: z.enum(['cleaning', 'calibration']).nullable(),
  /** Smallest dose that it pours well, and the error to expect of any. */
  min_dose_ul: microlitre,
  dose_error_ul: microlitre,
  /** When it was calibrated and cleaned last, and until when that is good; null: never written down, no limit. */
  calibrated: count.nullable(),
  calibration_due: count.nullable(),
  cleaned: count.nullable(),
  cleaning_due: count.nullable(),
  hose: hoseView,
});
export type LineView = z.infer<typeof lineView>;

/** `made` while all is well; `unfitted` where the machine has none. */
const contact = z.enum(['made', 'open', 'unfitted']);

const statusView = z.strictObject({
  machine: machineId,
  name: z.string().max(200),
  machine_class: z.string().max(64),
  software: z.string().max(64),
  /** What the machine is doing. */
  state: z.enum(['idle', 'pouring', 'held', 'service', 'fault', 'quarantined', 'retired']),
  /** Of the journal: 0 until the first RELEASE. */
  epoch: count,
  /** Why licensing serves this machine no more, and the head that a RELEASE has to name. */
  quarantine: z.strictObject({ reason: z.string().max(64), seen: journalHead.nullable() }).nullable(),
  token: z.strictObject({
    class: z.enum(['soft', 'tpm', 'hsm']),
    profile: z.enum(['H', 'S']),
    serial: z.string().max(64),
  }),
  certificate_expires: count,
  prekeys: z.strictObject({ free: count, assigned: count }),
  /** Those with uses left. */
  licences: z.array(
    z.strictObject({
      cti: bytesOf(16),
      seq: count,
      recipe: recipeId,
      version,
      kind: z.string().max(64),
      unused: count,
      /** How many of them any order for the recipe may have now: bought ahead, or of an order that was given up. */
      at_hand: count,
      /** Milliseconds since 1970: from when and until when it is good. */
      not_before: count,
      expires: count,
      state: z.enum(['good', 'early', 'expired', 'paused']),
    }),
  ),
  /** Numbers of licences whose stored file is damaged or gone: to be fetched and handed in again. */
  damaged_licences: z.array(count).max(64),
  time: z.strictObject({
    /** Milliseconds since 1970, as the cell judges it. */
    now: count,
    trusted: z.boolean(),
    /** Why it is not. */
    why: z.enum(['never', 'behind', 'ahead', 'stale']).nullable(),
    /** The last signed TIME; null before the first. */
    last: count.nullable(),
  }),
  /** Number of the status list that is kept, and until when it is good. */
  status_list: z.strictObject({ number: count, expires: count }).nullable(),
  last_seq: count,
  journal: journalHead,
  lines: z.array(lineView).max(64),
  limits: z.strictObject({
    min_dose_ul: microlitre,
    dose_error_ul: microlitre,
    glass_ul: microlitre,
    pumps_at_once: count,
    /** What all running pumps may draw together; null for no limit. */
    power_mw: count.nullable(),
    /** Slowest flow of a line that published durations allow for. */
    nominal_flow_ul_per_s: count,
    alcohol: z.boolean(),
    glass_present: z.boolean(),
  }),
  /** Whether a bottle is empty stands in none of them: how often it is tells amounts. */
  contacts: z.strictObject({ glass: contact, door: contact, tray: contact, supply: contact, service_key: contact }),
  spooled: z.array(digest).max(4096),
  /** Orders that ended while desk was not there to hear it, or still need it. */
  unfinished: z.array(
    z.strictObject({ order, cti: bytesOf(16), kid: digest, stage: z.enum(['granted', 'reserved', 'spent', 'void']) }),
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
  /** The cell's nonce for an offer of this recipe, for so many uses (1). */
  offer_nonce: {
    request: z.strictObject({ recipe: recipeId, version, quantity: z.int().min(1).max(16).optional() }),
    answer: z.strictObject({ nonce: bytesOf(16) }),
  },
  /**
   * Verifies the OFFER and answers the ORDER for it; the same order id always gets the same ORDER. `stock`: its uses are
   * bought ahead, for whoever orders the recipe. `price` is for all of them.
   */
  order: {
    request: z.strictObject({ order, offer: message, stock: z.boolean().optional() }),
    answer: z.strictObject({ message, price: sat }),
  },
  /** A nonce for TIME; null while none is wanted. Only the newest counts, and for 10 s. */
  time_nonce: { request: empty, answer: z.strictObject({ nonce: bytesOf(16).nullable() }) },
  /** TIME, the answer to the nonce. */
  time: { request: z.strictObject({ message }), answer: empty },
  /** STATUS_LIST or REVOKE; answers how many uses were withdrawn. */
  revocations: { request: z.strictObject({ message }), answer: z.strictObject({ withdrawn: count }) },
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
  /**
   * Sets a use of this recipe aside for an order that has none: one that was bought ahead or whose order was given up, with
   * its share of what that purchase cost. Null when there is none; a repeat answers the same use.
   */
  reserve_at_hand: {
    request: z.strictObject({ order, recipe: recipeId, version, manifest: digest }),
    answer: z.strictObject({
      use: z.strictObject({ cti: bytesOf(16), price: sat, licensor: sat, marketplace: sat }).nullable(),
    }),
  },
  /** Unwraps both content keys and opens the check piece; nothing is spent yet. */
  check: { request: z.strictObject({ order }), answer: z.strictObject({ duration_ms: count }) },
  /** Burns the licence and pours. Answers once the licence is burned; the end comes as an event. */
  start: { request: z.strictObject({ order }), answer: empty },
  /** Gives a reserved use back; `given_up`: the order is over, and any other order may have what was bought for it. */
  release: { request: z.strictObject({ order, given_up: z.boolean().optional() }), answer: empty },
  stop: { request: z.strictObject({ order }), answer: empty },
  /** Lets the drink wait, for no longer than `limits.held_ms`; answered, and told as `held`, at once. */
  hold: { request: z.strictObject({ order }), answer: empty },
  /** Lets it go on that was put on hold; refused while an interlock is open. */
  resume: { request: z.strictObject({ order }), answer: empty },
  /** Result of a batch that has ended, and its signed USAGE or VOID_CLAIM. */
  outcome: { request: z.strictObject({ order }), answer: z.strictObject({ batch: batchResult, message }) },
  /** USAGE_RECEIPT, or REFUSED, for an outcome. */
  outcome_booked: { request: z.strictObject({ order, message }), answer: empty },
  /** HEAD for licensing. */
  head: { request: empty, answer: z.strictObject({ message }) },
  /**
   * WITNESS, QUARANTINE or RELEASE. `released`: the HEAD of a new epoch is to be told at once. `tell_again`: licensing has lost
   * what it was told, which is in `forgotten`.
   */
  head_answer: {
    request: z.strictObject({ message }),
    answer: z.strictObject({ quarantined: z.boolean(), released: z.boolean(), tell_again: z.boolean() }),
  },
  /**
   * What licensing has lost by its own word, from number `after` on: licences, then outcomes. Empty when all was told. A
   * message that is null cannot be told again.
   */
  forgotten: {
    request: z.strictObject({ after: count }),
    answer: z.strictObject({
      items: z
        .array(
          z.strictObject({
            kind: z.enum(['licence', 'usage', 'claim']),
            kid: digest.nullable(),
            message: bytesUpTo(24 * 1024).nullable(),
          }),
        )
        .max(8),
    }),
  },
  /** USAGE_RECEIPT, or REFUSED, for an outcome that was told again. */
  outcome_told: { request: z.strictObject({ kid: digest, message }), answer: empty },
  /** All of `forgotten` was told. */
  told_again: { request: empty, answer: empty },
  /** DECOMMISSION of a machine that is being taken out of service, until licensing has it. */
  farewell: { request: empty, answer: z.strictObject({ message: message.nullable() }) },
  farewell_booked: { request: empty, answer: empty },
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
  /** TRANSPORT_REQ for a further epoch of the class key; the same until it is answered, another with `again`. */
  class_key_request: {
    request: z.strictObject({ who: z.string().min(1).max(64), again: z.boolean() }),
    answer: z.strictObject({ message }),
  },
  /** CLASS_KEY; answers the epochs held from now on. Not complete: the request has to be made again. */
  class_key_take: {
    request: z.strictObject({ who: z.string().min(1).max(64), message }),
    answer: z.strictObject({ complete: z.boolean(), epochs: z.array(z.int().min(1)).max(3) }),
  },
  /** ANCHORS, both signatures. */
  anchors_take: {
    request: z.strictObject({ who: z.string().min(1).max(64), message: bytesUpTo(256 * 1024) }),
    answer: z.strictObject({ version: z.int().min(2) }),
  },
  /** Destroys every key but the identity, for good; the machine's id stands for "I mean it". May be repeated. */
  decommission: {
    request: z.strictObject({ machine: machineId }),
    answer: z.strictObject({ message, keys: count, unspent: count, booked: z.boolean() }),
  },
  /** Destroys the identity, empties the cell's folder, and ends the cell. */
  decommission_end: { request: empty, answer: empty },
  journal_verify: { request: empty, answer: z.strictObject({ entries: count, journal: journalHead }) },
  ...serviceJobOperations,
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
    power_mw: limits.power_mw,
    alcohol: limits.alcohol,
    nominal_flow_ul_s: limits.nominal_flow_ul_per_s,
    lines: lines.map(
      ({ ingredient, stock_ul, max_flow_ul_per_s, most_ul, power_mw, min_dose_ul, dose_error_ul, blocked_by }) => ({
        ingredient,
        stock_ul,
        most_ul,
        power_mw,
        min_dose_ul,
        dose_error_ul,
        max_flow_ul_s: max_flow_ul_per_s,
        ...(blocked_by === null ? {} : { blocked_by }),
      }),
    ),
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
