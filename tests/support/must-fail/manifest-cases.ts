import { Tagged } from 'cborg';
import { encodeCbor } from '#wire/cbor.ts';
import { bytesOf, type Forge } from './forge.ts';
import type { MustFailCase } from './must-fail-case.ts';
import { rawEntries, rawMap, withRaw } from './raw-cbor.ts';

const malformed = { found: 'manifest', code: 'recipe/malformed' } as const;

/** A manifest with these fields, rightly signed over the good pieces. */
function fields(name: string, why: string, changes: (forge: Forge) => object): MustFailCase {
  return { name, ...malformed, why, make: (forge) => forge.file(forge.pieces, changes(forge)) };
}

/** A manifest whose payload is encoded in this way, rightly signed over the good pieces. */
function encoded(name: string, why: string, payload: (forge: Forge) => Uint8Array): MustFailCase {
  return { name, ...malformed, why, make: (forge) => forge.signed(payload(forge)) };
}

/** Nested arrays, `depth` of them. */
function nested(depth: number): unknown {
  return depth === 0 ? 0 : [nested(depth - 1)];
}

/** The payload is CBOR, but not the one encoding that there is of it. */
const encodings: readonly MustFailCase[] = [
  encoded('indefinite-map', 'The payload is a map of indefinite length; lengths are said ahead.', ({ manifest }) =>
    bytesOf(rawMap(rawEntries(manifest), Uint8Array.of(0xbf)), Uint8Array.of(0xff)),
  ),
  encoded('indefinite-text', 'The name is a text of indefinite length.', ({ manifest }) =>
    withRaw(manifest, 'name', '7f6454657374ff'),
  ),
  encoded('indefinite-array', 'The list of ingredients has an indefinite length.', ({ manifest }) =>
    withRaw(manifest, 'ingredients', '9fff'),
  ),
  encoded('duplicate-key', 'A key stands twice: two readers could take different values.', ({ manifest }) => {
    const entries = rawEntries(manifest);
    return rawMap(entries.flatMap((entry, i) => (i === 0 ? [entry, entry] : [entry])));
  }),
  encoded('unsorted-keys', 'Two keys are exchanged: the encoding is not the deterministic one.', ({ manifest }) => {
    const [first, second, ...rest] = rawEntries(manifest);
    return rawMap(first && second ? [second, first, ...rest] : rest);
  }),
  encoded('float', 'The version is the float 3.0; all numbers are whole.', ({ manifest }) =>
    withRaw(manifest, 'version', 'fb4008000000000000'),
  ),
  encoded('half-float', 'The version is a float of 16 bits.', ({ manifest }) => withRaw(manifest, 'version', 'f94200')),
  encoded('long-integer', 'The version 3 takes two bytes where one is enough.', ({ manifest }) =>
    withRaw(manifest, 'version', '1803'),
  ),
  encoded('undefined', 'The version is undefined, a simple value that is not allowed.', ({ manifest }) =>
    withRaw(manifest, 'version', 'f7'),
  ),
  encoded('bignum', 'The version is a tagged big number; tags but COSE’s are unknown.', ({ manifest }) =>
    withRaw(manifest, 'version', 'c24103'),
  ),
  encoded('invalid-utf8', 'The name is no UTF-8.', ({ manifest }) => withRaw(manifest, 'name', '62c328')),
  encoded('text-of-4-gib', 'The name announces 4 GiB: refused on its head, before memory is taken.', ({ manifest }) =>
    withRaw(manifest, 'name', '7affffffff'),
  ),
  encoded('bytes-of-8-pib', 'A byte string announces 2⁵³ bytes.', ({ manifest }) =>
    withRaw(manifest, 'recipe_id', '5b0020000000000000'),
  ),
  encoded('array-of-4-billion', 'The list of ingredients announces 2³² − 1 items.', ({ manifest }) =>
    withRaw(manifest, 'ingredients', '9affffffff'),
  ),
  encoded('map-of-4-billion', 'The bounds announce 2³² − 1 entries.', ({ manifest }) =>
    withRaw(manifest, 'bounds', 'baffffffff'),
  ),
  encoded('reserved-head', 'A head of the kind that RFC 8949 reserves.', ({ manifest }) =>
    withRaw(manifest, 'version', '1c'),
  ),
  encoded('trailing-byte', 'A byte follows the payload’s map.', ({ manifest }) =>
    bytesOf(encodeCbor(manifest), new Uint8Array(1)),
  ),
  encoded('payload-is-a-list', 'The payload is a list, not a map.', () => encodeCbor([1, 2, 3])),
  fields('deeper-than-8', 'An extension is nested deeper than eight levels.', () => ({ ext: { deep: nested(8) } })),
  fields('unknown-tag', 'An extension holds a tag that nobody agreed on.', () => ({ ext: { odd: new Tagged(99, 1) } })),
  fields('manifest-too-long', 'Item 0 is longer than 65,536 bytes.', () => ({
    ext: { padding: new Uint8Array(66_000) },
  })),
];

/** The payload is well encoded and says what it must not. */
const contents: readonly MustFailCase[] = [
  fields('other-format', 'The format is tdr2: another reader’s.', () => ({ fmt: 'tdr2' })),
  fields('unknown-key', 'A key that is not in the list; what later versions add stands in ext.', () => ({ sugar: 1 })),
  fields('unknown-critical', 'An extension must be understood, and this reader does not.', () => ({
    ext: { 'two-layer-glass': 1 },
    crit: ['two-layer-glass'],
  })),
  fields('version-0', 'Versions begin at 1.', () => ({ version: 0 })),
  fields('version-negative', 'A version is not negative.', () => ({ version: -1 })),
  fields('recipe-id-short', 'A recipe id has 16 bytes.', ({ manifest }) => ({
    recipe_id: manifest.recipe_id.subarray(1),
  })),
  fields('profile-unknown', 'The field min_profile is H or S.', () => ({ min_profile: 'X' })),
  fields('alg-128', 'A layer is said to be A128GCM; both are A256GCM.', ({ manifest: { layers } }) => ({
    layers: [{ ...layers[0], alg: 1 }, layers[1]],
  })),
  fields('layers-swapped', 'The licence layer stands first; it is always inside.', ({ manifest: { layers } }) => ({
    layers: [layers[1], layers[0]],
  })),
  fields('one-layer', 'The licence layer is missing: the class key alone would open the recipe.', ({ manifest }) => ({
    layers: [manifest.layers[0]],
  })),
  fields('iv-not-zero', 'A base IV does not end in five zeros: indices of two recipes could meet.', (forge) =>
    withLayer(forge, { base_iv: new Uint8Array(12).fill(1) }),
  ),
  fields('iv-short', 'A base IV has 12 bytes.', (forge) => withLayer(forge, { base_iv: new Uint8Array(11) })),
  fields('one-key-for-both', 'Both layers name one key: then there is but one layer.', ({ manifest: { layers } }) => ({
    layers: [layers[0], { ...layers[1], key_id: layers[0].key_id }],
  })),
  fields('no-recipient', 'No content key is wrapped to the class key that is named.', () => ({
    class_key: new Uint8Array(32),
  })),
  fields('four-recipients', 'A class key has at most three epochs.', (forge) =>
    withLayer(forge, { recipients: [1, 2, 3, 4].map((n) => recipient(forge, n)) }),
  ),
  fields('recipient-twice', 'One epoch of the class key stands twice.', (forge) =>
    withLayer(forge, { recipients: [recipient(forge), recipient(forge)] }),
  ),
  fields('wrapped-key-too-long', 'A wrapped key is at most 512 bytes.', (forge) =>
    withLayer(forge, { recipients: [{ ...recipient(forge), key: new Uint8Array(513) }] }),
  ),
  fields('no-ingredients', 'A recipe has at least one ingredient.', () => ({ ingredients: [] })),
  fields('ingredients-17', 'A recipe has at most 16 ingredients.', () => ({
    ingredients: Array.from({ length: 17 }, (_, i) => ({ id: `i${i}`, max_ul: 100_000 })),
  })),
  fields('ingredient-twice', 'An ingredient stands twice, and nobody knows which bound holds.', ({ manifest }) => ({
    ingredients: manifest.ingredients.map((one) => ({ ...one, id: 'cola' })),
  })),
  fields('max-over-total', 'An ingredient may be more than the whole drink.', ({ manifest }) => ({
    ingredients: manifest.ingredients.map((one) => ({ ...one, max_ul: manifest.bounds.total_ul + 1 })),
  })),
  fields('total-unreachable', 'All maxima together are less than the total.', ({ manifest }) => ({
    ingredients: manifest.ingredients.map((one) => ({ ...one, max_ul: 1 })),
  })),
  fields('parallel-too-many', 'More lines run at once than there are ingredients.', ({ manifest }) => ({
    bounds: { ...manifest.bounds, parallel: 5 },
  })),
  fields('min-dose-exact', 'The smallest dose is not one of the classes: it would tell an amount.', ({ manifest }) => ({
    bounds: { ...manifest.bounds, min_dose: 20_500 },
  })),
  fields('abv-exact', 'The alcohol is not in steps of 2 %: it would tell an amount.', ({ manifest }) => ({
    label: { ...manifest.label, abv: 9 },
  })),
  fields('piece-len-of-another-class', 'Pieces of class beverage have 128 bytes.', () => ({
    piece_len: 64,
    piece_count: 16,
  })),
  fields('piece-count-0', 'A recipe has at least 8 pieces.', () => ({ piece_count: 0 })),
  fields('piece-count-over-class', 'A recipe of class beverage has at most 256 pieces.', () => ({ piece_count: 512 })),
  fields('piece-count-of-32-bits', 'A count of 2³² pieces fits no Partial IV.', () => ({ piece_count: 2 ** 32 })),
  {
    ...fields('unknown-class', 'No reader of drinks knows the class mill.', () => ({ machine_class: 'mill' })),
    code: 'recipe/wrong-class',
  },
];

function withLayer({ manifest: { layers } }: Forge, changes: object): object {
  return { layers: [{ ...layers[0], ...changes }, layers[1]] };
}

/** The recipient of the class key; with `n`, one of an epoch of that number. */
function recipient({ manifest: { layers } }: Forge, n = 0): object {
  const [first] = layers[0].recipients;
  return n < 2 ? { ...first } : { ...first, kid: new Uint8Array(32).fill(n) };
}

/** The payload of item 0. */
export const manifestCases: readonly MustFailCase[] = [...encodings, ...contents];
