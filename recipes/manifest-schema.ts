import { z } from 'zod';
import { bytesOf, bytesUpTo, digest, recipeId, time, version } from '#wire/fields.ts';
import { allergen } from '#wire/screen-api.ts';

/** Content type of the COSE_Sign1 that the manifest is. */
export const manifestType = 'application/decant-manifest+cbor';

/** Item 0 of a sealed recipe with its certificates is at most this long. */
export const maxManifestBytes = 64 * 1024;

/** No class of machines has longer pieces, encoded. */
export const maxPieceBytes = 128 * 1024;

export const ingredientId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** Smallest doses that a manifest may promise, in µl. */
export const minDoseClasses = [5_000, 10_000, 20_000] as const;

const volume = z.int().min(1).max(10_000_000);
/** 7 random bytes, then 5 zero bytes which the Partial IV fills. */
const baseIv = bytesOf(12).refine((iv) => iv.subarray(7).every((byte) => byte === 0), { error: 'must end in 5 zeros' });

const layer = { alg: z.literal(3), base_iv: baseIv, key_id: bytesOf(16) };

/** The content key under RSAES-OAEP with SHA-1 (COSE algorithm -40) to the class key with that SHA-256 of its SPKI. */
const recipient = z.strictObject({ kid: digest, key: bytesUpTo(512) });

const outerLayer = z.strictObject({ name: z.literal('mfr'), ...layer, recipients: z.array(recipient).min(1).max(3) });
const innerLayer = z.strictObject({ name: z.literal('lic'), ...layer });

/** Everything about a sealed recipe that is in the clear: signed by the author, and coarse (sealed-recipe format, "bounds"). */
export const manifestSchema = z.strictObject({
  fmt: z.literal('tdr1'),
  recipe_id: recipeId,
  version,
  name: z.string().min(1).max(200),
  /** Common name of the author's certificate. */
  author: z.string().min(1).max(200),
  machine_class: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  created: time,
  min_runtime: z.string().regex(/^\d{1,4}\.\d{1,4}\.\d{1,4}$/),
  /** The least that a machine's certificate says of its keys: H, they never leave the token; S, they lie in its memory while pouring. */
  min_profile: z.enum(['H', 'S']),
  /** A record's slot is an index into this list; `max_ul` is in quarters of the total, rounded up. */
  ingredients: z
    .array(z.strictObject({ id: ingredientId, max_ul: volume }))
    .min(1)
    .max(16),
  bounds: z.strictObject({
    total_ul: volume,
    duration_ms: z.int().min(1).max(3_600_000),
    /** Lines that run at once, at most. */
    parallel: z.int().min(1).max(16),
    min_dose: z.literal([...minDoseClasses]),
  }),
  label: z.strictObject({
    allergens: z.array(allergen).max(14),
    /** Percent by volume in steps of 2, rounded up; 0 only without alcohol. */
    abv: z.int().min(0).max(100).multipleOf(2),
    /** Per drink, in steps of 50. */
    kcal: z.int().min(0).max(10_000).multipleOf(50).nullable(),
    /** Milligrams per drink, in steps of 20. */
    caffeine: z.int().min(0).max(2_000).multipleOf(20).nullable(),
  }),
  /** Bytes of one encoded piece. */
  piece_len: z.int().min(1).max(maxPieceBytes),
  /** Piece 0 included. */
  piece_count: z.int().min(8).max(1_048_576),
  layers: z.tuple([outerLayer, innerLayer]),
  /** SHA-256 of the SPKI of the class key that the recipe was sealed for. */
  class_key: digest,
  /** SHA-256 of all bytes behind item 0. */
  body_sha256: digest,
  /** What a later version of the format adds. */
  ext: z.record(z.string().max(64), z.unknown()).optional(),
  /** Names in `ext` without which the recipe must not be used; this version understands none. */
  crit: z.array(z.string().max(64)).min(1).max(16).optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Bounds = Manifest['bounds'];
export type Label = Manifest['label'];
