import { z } from 'zod';
import type { Role } from './certificate-chain.ts';
import type { SignatureAlgorithm } from './cose-sign1.ts';
import {
  bytesOf,
  bytesUpTo,
  count,
  digest,
  journalHead,
  keyId,
  machineId,
  microlitre,
  nonce,
  recipeId,
  sat,
  time,
  version,
} from './fields.ts';
import {
  anchorsPayload,
  classKeyPayload,
  softwarePayload,
  transportPayload,
  voucherPayload,
} from './maker-payloads.ts';

/** Every signed message: who may sign it, with which algorithm, how large it may be, and what is in it. */
interface MessageKind<S extends z.ZodType> {
  readonly role: Role;
  readonly algorithm: SignatureAlgorithm;
  readonly maxBytes: number;
  readonly schema: S;
}

const kilobyte = 1024;
const chainRoom = 8 * kilobyte;

function kind<S extends z.ZodType>(role: Role, payloadRoom: number, schema: S): MessageKind<S> {
  const algorithm = role === 'machine' ? 'PS256' : 'ES256';
  return { role, algorithm, maxBytes: payloadRoom + chainRoom, schema };
}

/** One public one-time key that the machine holds the private half of. */
const prekey = z.strictObject({ kid: keyId, spki: bytesUpTo(600) });
/** Number and digest of a batch of one-time keys; 0 before the first. */
const batchMark = z.strictObject({ number: count, digest: digest.nullable() });
/** Uses whose one-time keys were destroyed before they were spent, and kids of uses that are over and not booked yet. */
const leftUses = {
  unspent: z.array(z.strictObject({ cti: bytesOf(16), kid: keyId })).max(400),
  ended: z.array(keyId).max(256),
};

const seconds = z.int().min(0).max(0xffff_ffff);

/** How many uses may be over and not yet booked by licensing before the next one is opened. */
const maxUnsynced = z.int().min(1).max(64);
/**
 * What a licence is for. `single_use`: each slot opens the recipe once. `window`: the same, and only between `nbf` and `exp`
 * by trusted time; such uses pause while the time is not trusted. Volumes are sold as so many uses.
 */
const terms = z.strictObject({ kind: z.enum(['single_use', 'window']), max_unsynced: maxUnsynced });

export const messages = {
  /** Machine → licensing: fresh one-time keys; `batch` goes up by one, `previous` is the digest of the batch before. */
  PREKEYS: kind(
    'machine',
    24 * kilobyte,
    z.strictObject({
      machine: machineId,
      batch: z.int().min(1),
      previous: digest.nullable(),
      keys: z.array(prekey).min(1).max(32),
      journal: journalHead,
      software: z.string().max(64),
      time,
    }),
  ),
  /** Author → licensing: the licence layer's content key, under RSA-OAEP to licensing's certified deposit key. */
  DEPOSIT: kind(
    'author',
    4 * kilobyte,
    z.strictObject({
      recipe: recipeId,
      version,
      manifest: digest,
      content_key: bytesUpTo(512),
      deposit_key: keyId,
      /** What one use costs, in satoshi; the author's asking price. */
      price: sat,
      min_profile: z.enum(['H', 'S']),
    }),
  ),
  /** Author → catalogue: the texts and the picture under which a sealed recipe is offered. */
  LISTING: kind(
    'author',
    512 * kilobyte,
    z.strictObject({
      recipe: recipeId,
      version,
      manifest: digest,
      slug: z.string().regex(/^[a-z0-9-]{1,64}$/),
      name: z.strictObject({ de: z.string().max(200), en: z.string().max(200) }),
      description: z.strictObject({ de: z.string().max(2000), en: z.string().max(2000) }),
      ingredient_names: z.record(
        z.string().max(64),
        z.strictObject({ de: z.string().max(200), en: z.string().max(200) }),
      ),
      accent: z.string().regex(/^#[0-9a-f]{6}$/),
      picture: bytesUpTo(256 * kilobyte),
    }),
  ),
  /** Catalogue → machine: the answer to an offer request, bound to the cell's nonce. */
  OFFER: kind(
    'catalogue',
    4 * kilobyte,
    z.strictObject({
      offer: bytesOf(16),
      machine: machineId,
      recipe: recipeId,
      version,
      manifest: digest,
      quantity: z.int().min(1).max(16),
      price: sat,
      outputs: z
        .array(z.strictObject({ role: z.enum(['licensor', 'marketplace']), script: bytesUpTo(64), sat }))
        .min(1)
        .max(4),
      terms,
      /** Of terms `window`, seconds: the licence will be good from then, and until then. */
      window: z.strictObject({ nbf: seconds, exp: seconds }).optional(),
      min_profile: z.enum(['H', 'S']),
      expires: time,
      nonce,
    }),
  ),
  /** Machine → licensing. The same idempotency key always gets the same answer. */
  ORDER: kind(
    'machine',
    2 * kilobyte,
    z.strictObject({
      machine: machineId,
      /** SHA-256 of the OFFER's bytes. */
      offer: digest,
      idempotency_key: bytesOf(16),
      payment: z.strictObject({ kind: z.literal('prepaid'), reference: z.string().max(64) }),
      time,
    }),
  ),
  /** Licensing → machine: a CWT (RFC 8392). */
  LICENCE: kind(
    'licensing',
    16 * kilobyte,
    z.strictObject({
      iss: z.string().max(200),
      sub: machineId,
      cti: bytesOf(16),
      /** Seconds, as RFC 8392 has them. */
      iat: seconds,
      nbf: seconds,
      exp: seconds,
      seq: z.int().min(1),
      /** SHA-256 of the ORDER's bytes; absent only in licences granted unasked (re-issues name the claim instead). */
      order: digest.optional(),
      /** SHA-256 of the VOID_CLAIM's bytes that this licence answers. */
      replaces: digest.optional(),
      /** The unspent uses whose keys were destroyed by a release or a decommissioning, and of which licence they were. */
      reissues: z.strictObject({ cti: bytesOf(16), kids: z.array(keyId).min(1).max(16) }).optional(),
      recipe: recipeId,
      version,
      manifest: digest,
      /** Of a kind that the machine may not know yet: it refuses to use such a licence, and says so. */
      terms: z.strictObject({ kind: z.string().max(64), max_unsynced: maxUnsynced }),
      slots: z
        .array(z.strictObject({ kid: keyId, content_key: bytesUpTo(512) }))
        .min(1)
        .max(16),
      status: z.strictObject({ list: z.string().max(200), idx: count }),
    }),
  ),
  /** Machine → licensing: the licence is stored, fsynced. */
  ACK: kind(
    'machine',
    kilobyte,
    z.strictObject({ machine: machineId, cti: bytesOf(16), seq: z.int().min(1), journal: journalHead }),
  ),
  /** Machine → licensing: what became of one use. */
  USAGE: kind(
    'machine',
    2 * kilobyte,
    z.strictObject({
      machine: machineId,
      cti: bytesOf(16),
      kid: keyId,
      result: z.enum(['ok', 'partial', 'failed']),
      pieces: count,
      ordered_ul: microlitre,
      delivered_ul: microlitre,
      /** Rounded to 5 s. */
      started: time,
      ended: time,
      reason: z.string().max(64),
      journal: journalHead,
    }),
  ),
  /** Licensing → machine: the USAGE with this digest is booked. */
  USAGE_RECEIPT: kind(
    'licensing',
    kilobyte,
    z.strictObject({ machine: machineId, usage: digest, cti: bytesOf(16), time }),
  ),
  /** Machine → licensing: burned, but nothing (or too little) poured. */
  VOID_CLAIM: kind(
    'machine',
    2 * kilobyte,
    z.strictObject({
      machine: machineId,
      cti: bytesOf(16),
      kid: keyId,
      pieces: count,
      reason: z.string().max(64),
      journal: journalHead,
      time,
    }),
  ),
  /** Licensing → machine: a claim or an order is refused. */
  REFUSED: kind(
    'licensing',
    kilobyte,
    z.strictObject({ machine: machineId, request: digest, code: z.string().max(64), time }),
  ),
  /** Cell → EST service, carried by desk: desk may have a TLS certificate for this key. */
  TLS_GRANT: kind('machine', kilobyte, z.strictObject({ machine: machineId, spki: digest, nonce, expires: time })),
  /**
   * Machine → licensing at each sync: where the journal stands, and the digests of the entries that lead there from a
   * head that licensing has countersigned before. A machine restored from a copy cannot lead past what licensing remembers.
   */
  HEAD: kind(
    'machine',
    96 * kilobyte,
    z.strictObject({
      machine: machineId,
      epoch: count,
      since: journalHead.nullable(),
      links: z.array(digest).max(2048),
      journal: journalHead,
      /** Number of the last licence that is stored, and the last batch of one-time keys that was made. */
      last_seq: count,
      batch: batchMark,
      /** Licensing's newest WITNESS or RELEASE for this machine, with which it proves what licensing may have forgotten. */
      proof: bytesUpTo(12 * kilobyte).nullable(),
      /** Until the first WITNESS of an epoch: the RELEASE that began it, and what became of the keys of the one before. */
      released: z.strictObject({ release: digest, ...leftUses }).nullable(),
      /** The last `recovered` of a WITNESS that the machine has acted on. */
      told_again: time.nullable(),
      time,
    }),
  ),
  /**
   * Licensing → machine: this head is remembered. `tell_again`: what the machine told after entry `since` of its journal is
   * lost at licensing, whose database was restored from a copy; it noticed at `recovered`.
   */
  WITNESS: kind(
    'licensing',
    kilobyte,
    z.strictObject({
      machine: machineId,
      epoch: count,
      journal: journalHead,
      seq: count,
      batch: batchMark,
      tell_again: z.strictObject({ since: count, recovered: time }).nullable(),
      time,
    }),
  ),
  /** Licensing → machine: an older or forked head was seen; no licence is issued or used until a RELEASE. */
  QUARANTINE: kind(
    'licensing',
    kilobyte,
    z.strictObject({
      machine: machineId,
      seen: journalHead,
      remembered: journalHead,
      reason: z.string().max(64),
      time,
    }),
  ),
  /** Licensing → machine: the time, answering a nonce of the cell. */
  TIME: kind('licensing', kilobyte, z.strictObject({ machine: machineId, nonce, time })),
  /**
   * Licensing → all: what is revoked, as of `issued`; to be renewed before `expires`. `bits` is a bit for each status index
   * of a licence, deflated (RFC 1951), least significant bit first; 1 is revoked.
   */
  STATUS_LIST: kind(
    'licensing',
    64 * kilobyte,
    z.strictObject({
      list: z.string().max(200),
      /** Goes up with each list. */
      number: z.int().min(1),
      issued: time,
      expires: time,
      bits: bytesUpTo(48 * kilobyte),
      machines: z.array(machineId).max(256),
      /** Licences issued at or after `since` (seconds) for recipes that this author signed are not good. */
      authors: z.array(z.strictObject({ name: z.string().max(200), since: seconds })).max(64),
      recipes: z.array(z.strictObject({ recipe: recipeId, version: version.nullable() })).max(256),
    }),
  ),
  /** Licensing → machine, at once: the same for one licence, machine, author or recipe; the next STATUS_LIST has it too. */
  REVOKE: kind(
    'licensing',
    kilobyte,
    z.strictObject({
      target: z.discriminatedUnion('t', [
        z.strictObject({ t: z.literal('licence'), cti: bytesOf(16) }),
        z.strictObject({ t: z.literal('machine'), machine: machineId }),
        z.strictObject({ t: z.literal('author'), name: z.string().max(200), since: seconds }),
        z.strictObject({ t: z.literal('recipe'), recipe: recipeId, version: version.nullable() }),
      ]),
      reason: z.string().max(64),
      time,
    }),
  ),
  /** Cell → maker: the one-time key to which a class key shall be wrapped. */
  TRANSPORT_REQ: kind('machine', 2 * kilobyte, transportPayload),
  /** Maker → cell: the class key, wrapped in two steps. */
  CLASS_KEY: kind('maker', 8 * kilobyte, classKeyPayload),
  /**
   * Licensing → machine, by a person's decision: the quarantine at `head` ends. The machine destroys every one-time key that
   * it has, then begins epoch `epoch`; its next licence is `seq` + 1, its next batch of keys follows `batch`.
   */
  RELEASE: kind(
    'licensing',
    2 * kilobyte,
    z.strictObject({
      machine: machineId,
      head: journalHead,
      epoch: z.int().min(1),
      seq: count,
      batch: batchMark,
      person: z.string().min(1).max(120),
      reason: z.string().min(1).max(200),
      time,
    }),
  ),
  /** Machine → licensing, its last word: every one-time key and class key is destroyed, and the identity key is next. */
  DECOMMISSION: kind(
    'machine',
    40 * kilobyte,
    z.strictObject({ machine: machineId, epoch: count, ...leftUses, keys: count, journal: journalHead, time }),
  ),
  /**
   * Maker → cell: whom to believe from now on. A role that is named gets these CAs, any other keeps its own. It comes twice in
   * one file, signed under the maker's root in force and under the one that it names itself.
   */
  ANCHORS: kind('maker', 128 * kilobyte, anchorsPayload),
  /** Maker → whoever installs: the files of a software release. */
  SOFTWARE: kind('maker', 4096 * kilobyte, softwarePayload),
  /** Maker → marketplace, carried by the owner: this machine may have its first certificate, once. */
  VOUCHER: kind('maker', kilobyte, voucherPayload),
} as const;

export type MessageName = keyof typeof messages;
export type Payload<N extends MessageName> = z.infer<(typeof messages)[N]['schema']>;
