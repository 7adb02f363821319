import { type Entropy, fromHex } from '#shared/entropy.ts';
import { Failure, invariant } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { encodeEncrypt0 } from '#wire/cose-encrypt0.ts';
import { encodeSign1, type Signer } from '#wire/cose-sign1.ts';
import { boundsOf, maxUl, paddedPieceCount } from './bounds.ts';
import { ContentKey } from './content-key.ts';
import type { IngredientCatalogue } from './ingredients.ts';
import { labelOf } from './label.ts';
import { type LeakInterval, leakOf } from './leak.ts';
import { type MachineClass, machineClassOf } from './machine-class.ts';
import { type Manifest, manifestSchema, manifestType, maxManifestBytes } from './manifest-schema.ts';
import { type Phases, phasesOf, writePhase } from './phases.ts';
import { type LayerName, partialIvOf, pieceAad, pieceNonce } from './piece-binding.ts';
import { validateRecord, writeCheck, writeEnd } from './record.ts';
import type { SealCrypto } from './seal-crypto.ts';
import type { RecipeSource } from './source.ts';

export interface SealOrder {
  readonly source: RecipeSource;
  readonly ingredients: IngredientCatalogue;
  /** Common name of the author's certificate, which is the first of the signer's chain. */
  readonly authorName: string;
  readonly author: Signer;
  /** DER SPKI of a class key that `readClassKey` accepted. */
  readonly classKey: Uint8Array;
  readonly now: Instant;
  readonly entropy: Entropy;
  readonly crypto: SealCrypto;
}

/** A sealed recipe, and what its author must deposit. Disposing it wipes the content key. */
export interface SealedRecipe extends Disposable {
  /** The `*.tdr` file. */
  readonly file: Uint8Array;
  readonly manifest: Manifest;
  /** SHA-256 of item 0. */
  readonly digest: Uint8Array;
  /** The licence layer's key; to be wrapped to licensing's deposit key, then disposed. */
  readonly contentKey: ContentKey;
  /** Ingredients whose amount the public fields tell to less than 20 % of the total. */
  readonly warnings: readonly LeakInterval[];
}

interface Layers {
  readonly mfr: Layer;
  readonly lic: Layer;
}

interface Layer {
  readonly name: LayerName;
  readonly key: ContentKey;
  readonly baseIv: Uint8Array;
}

/**
 * Seals a recipe for one class key: fresh content keys and IVs, each record under the licence layer and then the
 * manufacturer layer, the manifest signed by the author.
 * @throws Failure `recipe/source-invalid`, `recipe/wrong-class`, `recipe/key-reused` (the entropy repeats itself)
 */
export async function sealRecipe(order: SealOrder): Promise<SealedRecipe> {
  const { source, crypto, entropy } = order;
  const machineClass = machineClassOf(source.machine_class);
  if (machineClass === null) throw new Failure('recipe/wrong-class', { class: source.machine_class });
  const recipe = phasesOf(source);
  const pieceCount = paddedPieceCount(recipe.phases.length);
  using mfrKey = ContentKey.fresh(entropy);
  const contentKey = ContentKey.fresh(entropy);
  try {
    if (contentKey.equals(mfrKey)) throw new Failure('recipe/key-reused');
    const layers: Layers = {
      mfr: { name: 'mfr', key: mfrKey, baseIv: freshBaseIv(entropy) },
      lic: { name: 'lic', key: contentKey, baseIv: freshBaseIv(entropy) },
    };
    const body = await sealBody(order, recipe, machineClass, pieceCount, layers);
    const manifest = await manifestOf(order, recipe, machineClass, pieceCount, layers, body);
    const item0 = await encodeSign1(manifestType, encodeCbor(manifest), order.author);
    invariant(item0.length <= maxManifestBytes, 'the manifest fits');
    const warnings = leakOf(manifest, order.ingredients).filter(({ narrow }) => narrow);
    const digest = await crypto.sha256(item0);
    const file = concat(item0, body);
    return { file, manifest, digest, contentKey, warnings, [Symbol.dispose]: () => contentKey[Symbol.dispose]() };
  } catch (error) {
    contentKey[Symbol.dispose]();
    throw error;
  }
}

/** The licence layer's key under RSA-OAEP to licensing's certified deposit key (DER SPKI): `content_key` of a DEPOSIT. */
export function wrapForDeposit(
  contentKey: ContentKey,
  depositKey: Uint8Array,
  crypto: SealCrypto,
): Promise<Uint8Array> {
  return contentKey.wrapTo(depositKey, crypto);
}

async function sealBody(
  { source, crypto }: SealOrder,
  recipe: Phases,
  machineClass: MachineClass,
  pieceCount: number,
  layers: Layers,
): Promise<Uint8Array> {
  const recipeId = fromHex(source.recipe_id);
  const seal = sealerOf(layers, recipeId, source.version, pieceCount, crypto);
  const body = new Uint8Array(pieceCount * machineClass.pieceBytes);
  const record = new DataView(new ArrayBuffer(machineClass.recordBytes));
  using _wiped = { [Symbol.dispose]: () => new Uint8Array(record.buffer).fill(0) };
  for (let index = 0; index < pieceCount; index += 1) {
    const phase = recipe.phases[index - 1];
    if (index === 0) writeCheck(record, pieceCount, recipeId, source.version);
    else if (phase === undefined) writeEnd(record);
    else writePhase(record, phase);
    const flaw = validateRecord(record, { index, pieceCount, slots: recipe.ingredients.length });
    if (flaw !== null) throw new Failure('recipe/source-invalid', { at: `steps.${index - 1}`, reason: flaw });
    body.set(await seal(index, new Uint8Array(record.buffer)), index * machineClass.pieceBytes);
  }
  return body;
}

function sealerOf(
  layers: Layers,
  recipeId: Uint8Array,
  version: number,
  pieceCount: number,
  crypto: SealCrypto,
): (index: number, record: Uint8Array) => Promise<Uint8Array> {
  const keys = { lic: layers.lic.key.takeForSealing(), mfr: layers.mfr.key.takeForSealing() };
  const sealLayer = async ({ name: layer, baseIv }: Layer, index: number, plaintext: Uint8Array) => {
    const final = index === pieceCount - 1;
    const aad = pieceAad({ recipeId, version, layer, index, final });
    const ciphertext = await crypto.encrypt(keys[layer], pieceNonce(baseIv, index, final), aad, plaintext);
    return encodeEncrypt0({ algorithm: 'A256GCM', partialIv: partialIvOf(index, final), ciphertext });
  };
  return async (index, record) => sealLayer(layers.mfr, index, await sealLayer(layers.lic, index, record));
}

async function manifestOf(
  { source, crypto, ingredients, authorName, classKey, now }: SealOrder,
  recipe: Phases,
  machineClass: MachineClass,
  pieceCount: number,
  { mfr, lic }: Layers,
  body: Uint8Array,
): Promise<Manifest> {
  const bounds = boundsOf(recipe, machineClass.nominalFlow);
  const kid = await crypto.sha256(classKey);
  const wrapped = await mfr.key.wrapTo(classKey, crypto);
  return manifestSchema.parse({
    fmt: 'tdr1',
    recipe_id: fromHex(source.recipe_id),
    version: source.version,
    name: source.name.en,
    author: authorName,
    machine_class: machineClass.name,
    created: now,
    min_runtime: source.min_runtime,
    ingredients: recipe.ingredients.map((id, slot) => ({
      id,
      max_ul: maxUl(recipe.amounts[slot] ?? 0, bounds.total_ul),
    })),
    bounds,
    label: labelOf(recipe.ingredients, recipe.amounts, ingredients),
    piece_len: machineClass.pieceBytes,
    piece_count: pieceCount,
    layers: [
      { name: 'mfr', alg: 3, base_iv: mfr.baseIv, key_id: mfr.key.id, recipients: [{ kid, key: wrapped }] },
      { name: 'lic', alg: 3, base_iv: lic.baseIv, key_id: lic.key.id },
    ],
    class_key: kid,
    body_sha256: await crypto.sha256(body),
  } satisfies Manifest);
}

/** 7 random bytes, then 5 zeros for the Partial IV. */
function freshBaseIv(entropy: Entropy): Uint8Array {
  const iv = new Uint8Array(12);
  iv.set(entropy.bytes(7));
  return iv;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
