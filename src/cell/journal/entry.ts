import { z } from 'zod';
import { bytesOf, bytesUpTo, count, digest, journalHead, recipeId, sat, version } from '#wire/fields.ts';
import { serviceEntries } from './service-entries.ts';

/**
 * What the cell writes down. `*` in licence.md = fsynced before the next step. Between BURNED and SPENT an entry carries
 * an index and no clock: times are amounts.
 */
const order = z.uuid();
const at = count;

export const entrySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('BOOT'), software: z.string().max(64), token: z.string().max(64), at }),
  z.strictObject({
    kind: z.literal('PREKEYS'),
    batch: z.int().min(1),
    digest,
    message: bytesUpTo(64 * 1024),
    keys: z.array(z.strictObject({ kid: digest, label: z.string().max(64) })).max(32),
    at,
  }),
  z.strictObject({ kind: z.literal('PREKEYS_BOOKED'), digest, at }),
  /** An ORDER was signed. */
  z.strictObject({
    kind: z.literal('ORDERED'),
    order,
    digest,
    message: bytesUpTo(16 * 1024),
    recipe: recipeId,
    version,
    manifest: digest,
    /** For all of its uses. */
    price: sat,
    /** Uses (1), and the licensor's share of the price (0). */
    quantity: z.int().min(1).max(16).optional(),
    licensor: sat.optional(),
    /** Bought ahead, for whoever orders the recipe. */
    stock: z.literal(true).optional(),
    at,
  }),
  /** The order is over; what was bought for it and not used is for any other. */
  z.strictObject({ kind: z.literal('GIVEN_UP'), order, at }),
  z.strictObject({
    kind: z.literal('GRANTED'),
    seq: z.int().min(1),
    cti: bytesOf(16),
    digest,
    /** The order that it answers, also by replacing a void use of it. */
    order: order.nullable(),
    /** Kid of that void use, whose claim is answered thereby. */
    replaces: digest.optional(),
    recipe: recipeId,
    version,
    manifest: digest,
    kids: z.array(digest).max(16),
    /** Seconds since 1970; 0 = none. */
    expires: count,
    terms: z
      .strictObject({
        kind: z.string().max(64),
        max_unsynced: z.int().min(1).max(64),
        /** Seconds since 1970. */
        issued: count,
        not_before: count,
        status: z.strictObject({ list: z.string().max(200), idx: count }),
      })
      .optional(),
    at,
  }),
  /** The use is never opened: its licence was revoked, or came too late. Its one-time key is destroyed. */
  z.strictObject({ kind: z.literal('WITHDRAWN'), kid: digest, reason: z.string().max(64), at }),
  /** A signed TIME; `at` is what the computer's clock said. */
  z.strictObject({ kind: z.literal('TIME'), time: count, at }),
  /** A STATUS_LIST is kept; the file has this digest. */
  z.strictObject({ kind: z.literal('STATUS_LIST'), number: z.int().min(1), digest, expires: count, at }),
  z.strictObject({ kind: z.literal('RESERVED'), order, cti: bytesOf(16), kid: digest, at }),
  z.strictObject({ kind: z.literal('RELEASED'), order, kid: digest, reason: z.string().max(64), at }),
  z.strictObject({ kind: z.literal('BURN_INTENT'), kid: digest, at }),
  /**
   * `stock`: what the lines hold by the published bounds of the drink, and what it wears their hoses by those; `total_ul`: the
   * published total, for a power cut.
   */
  z.strictObject({
    kind: z.literal('BURNED'),
    kid: digest,
    stock: z
      .array(
        z.strictObject({
          line: z.int().min(1).max(64),
          stock_ul: count,
          max_ul: count.optional(),
          max_ms: count.optional(),
        }),
      )
      .max(16),
    total_ul: count.optional(),
  }),
  z.strictObject({ kind: z.literal('BURN_FAILED'), kid: digest, reason: z.string().max(64) }),
  /** Once more for the same piece when it was held and goes on. */
  z.strictObject({ kind: z.literal('PIECE_STARTED'), kid: digest, piece: z.int().min(1) }),
  z.strictObject({ kind: z.literal('PIECE_DONE'), kid: digest, piece: z.int().min(1) }),
  /** The last piece, which has this index, is done; only the drops are waited for. */
  z.strictObject({ kind: z.literal('POURED'), kid: digest, piece: z.int().min(1) }),
  z.strictObject({
    kind: z.literal('SPENT'),
    kid: digest,
    result: z.enum(['ok', 'partial', 'failed']),
    reason: z.string().max(64),
    pieces: count,
    ordered_ul: count,
    delivered_ul: count,
    /** Rounded to 5 s. */
    started: count,
    ended: count,
  }),
  /** Burned with nothing poured: claimed from licensing. Excludes SPENT for the same kid. */
  z.strictObject({ kind: z.literal('VOIDED'), kid: digest, reason: z.string().max(64), pieces: count, at }),
  /** The signed USAGE or VOID_CLAIM of a use: made once, sent until booked. */
  z.strictObject({ kind: z.literal('CLAIMED'), kid: digest, message: bytesUpTo(16 * 1024) }),
  z.strictObject({ kind: z.literal('OUTCOME_BOOKED'), kid: digest, at }),
  z.strictObject({ kind: z.literal('WITNESSED'), journal: journalHead, at }),
  /** `seen`: the head that was reported, at which only a RELEASE for this very journal ends the quarantine. */
  z.strictObject({
    kind: z.literal('QUARANTINED'),
    reason: z.string().max(64),
    seen: journalHead.optional(),
    at,
  }),
  z.strictObject({
    kind: z.literal('STOCK_SET'),
    line: z.int().min(1).max(64),
    stock_ul: count,
    who: z.string().max(64),
    at,
  }),
  /** A RELEASE is believed: from here on every one-time key of the old epoch is destroyed, also by the next start. */
  z.strictObject({
    kind: z.literal('RELEASE_TAKEN'),
    release: digest,
    epoch: z.int().min(1),
    head: journalHead,
    seq: count,
    batch: z.strictObject({ number: count, digest: digest.nullable() }),
    at,
  }),
  /** None of them is left: the new epoch begins. */
  z.strictObject({ kind: z.literal('EPOCH'), epoch: z.int().min(1), at }),
  /** Licensing has forgotten what it was told after that many entries: outcomes booked since are told again. */
  z.strictObject({ kind: z.literal('TELL_AGAIN'), since: count, recovered: count, at }),
  /** It has been told. */
  z.strictObject({ kind: z.literal('TOLD_AGAIN'), recovered: count, at }),
  /** No drink is sold from here on: keys and state are being destroyed, also by the next call. */
  z.strictObject({ kind: z.literal('DECOMMISSIONING'), at }),
  ...serviceEntries,
]);

export type Entry = z.infer<typeof entrySchema>;
export type EntryOf<K extends Entry['kind']> = Extract<Entry, { kind: K }>;
