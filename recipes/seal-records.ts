import type { Entropy } from '#shared/entropy.ts';
import { Failure, invariant } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { encodeSign1, type Signer } from '#wire/cose-sign1.ts';
import type { ContentKey } from './content-key.ts';
import type { MachineClass } from './machine-class.ts';
import { manifestFlaw } from './manifest-flaw.ts';
import { type Manifest, manifestSchema, manifestType, maxManifestBytes } from './manifest-schema.ts';
import { freshLayers, pieceSealer, type SealingLayers } from './seal-pieces.ts';
import type { SealCrypto } from './seal-crypto.ts';

/** Who seals, for which machines, by what means. */
export interface Sealing {
  /** Common name of the author's certificate, which is the first of the signer's chain. */
  readonly authorName: string;
  readonly author: Signer;
  /** DER SPKI of a class key that `readClassKey` accepted. */
  readonly classKey: Uint8Array;
  /** SPKIs of up to two older epochs of it, for machines that have not got the newest yet. */
  readonly olderClassKeys?: readonly Uint8Array[];
  readonly now: Instant;
  readonly entropy: Entropy;
  readonly crypto: SealCrypto;
}

/** What the author says of a recipe in the clear. */
export type PublicPart = Pick<
  Manifest,
  'recipe_id' | 'version' | 'name' | 'min_runtime' | 'min_profile' | 'ingredients' | 'bounds' | 'label'
>;

/** Records of any class of machines, and what is public about them. */
export interface RecordsOrder extends Sealing {
  readonly machineClass: MachineClass;
  readonly about: PublicPart;
  readonly pieceCount: number;
  /**
   * Writes record `index` (1 … pieceCount − 2) over zeros; one that writes nothing and answers false is past the
   * recipe's end, and padded.
   */
  readonly write: (index: number, record: DataView) => boolean;
}

/** A sealed recipe, and the key that its author must deposit. Disposing it wipes that key. */
export interface SealedRecords extends Disposable {
  /** The `*.tdr` file. */
  readonly file: Uint8Array;
  readonly manifest: Manifest;
  /** SHA-256 of item 0. */
  readonly digest: Uint8Array;
  /** The licence layer's key; to be wrapped to licensing's deposit key, then disposed. */
  readonly contentKey: ContentKey;
}

/**
 * Seals records for one class key: fresh content keys and IVs, each record under the licence layer and then the
 * manufacturer layer, the manifest signed by the author.
 * @throws Failure `recipe/source-invalid`, `recipe/key-reused` (the entropy repeats itself)
 */
export async function sealRecords(order: RecordsOrder): Promise<SealedRecords> {
  const layers = freshLayers(order.entropy);
  try {
    const body = await sealBody(order, layers);
    const { manifest, item } = await signManifest(order, layers, await order.crypto.sha256(body));
    layers.mfr.key[Symbol.dispose]();
    const digest = await order.crypto.sha256(item);
    const contentKey = layers.lic.key;
    const file = concat(item, body);
    return { file, manifest, digest, contentKey, [Symbol.dispose]: () => contentKey[Symbol.dispose]() };
  } catch (error) {
    layers[Symbol.dispose]();
    throw error;
  }
}

async function sealBody(
  { about, machineClass, pieceCount, write, crypto }: RecordsOrder,
  layers: SealingLayers,
): Promise<Uint8Array> {
  const recipe = { recipeId: about.recipe_id, version: about.version, pieceCount };
  const { record: layout, pieceBytes } = machineClass;
  const seal = pieceSealer(layers, recipe, crypto);
  const body = new Uint8Array(pieceCount * pieceBytes);
  const bytes = new Uint8Array(layout.bytes);
  const record = new DataView(bytes.buffer);
  using _wiped = { [Symbol.dispose]: () => bytes.fill(0) };
  for (let index = 0; index < pieceCount; index += 1) {
    bytes.fill(0);
    if (index === 0) layout.writeCheck(record, recipe);
    else if (index === pieceCount - 1 || !write(index, record)) layout.writeEnd(record);
    const flaw = layout.flaw(record, { index, pieceCount, slots: about.ingredients.length });
    if (flaw !== null) throw new Failure('recipe/source-invalid', { at: `steps.${index - 1}`, reason: flaw });
    body.set(await seal(index, bytes), index * pieceBytes);
  }
  return body;
}

/** The manifest of a body with that SHA-256, signed, as item 0; for a body that was sealed piece by piece elsewhere. */
export async function signManifest(
  order: Omit<RecordsOrder, 'write' | 'entropy'>,
  { mfr, lic }: SealingLayers,
  bodySha256: Uint8Array,
): Promise<{ readonly manifest: Manifest; readonly item: Uint8Array }> {
  const { about, author, authorName, machineClass, pieceCount, now, classKey, olderClassKeys = [], crypto } = order;
  invariant(pieceCount <= machineClass.maxPieces, 'a recipe of the class has no more pieces');
  const recipients = await Promise.all(
    [classKey, ...olderClassKeys].map(async (spki) => ({
      kid: await crypto.sha256(spki),
      key: await mfr.key.wrapTo(spki, crypto),
    })),
  );
  const manifest = manifestSchema.parse({
    fmt: 'tdr1',
    ...about,
    author: authorName,
    machine_class: machineClass.name,
    created: now,
    piece_len: machineClass.pieceBytes,
    piece_count: pieceCount,
    layers: [
      { name: 'mfr', alg: 3, base_iv: mfr.baseIv, key_id: mfr.key.id, recipients },
      { name: 'lic', alg: 3, base_iv: lic.baseIv, key_id: lic.key.id },
    ],
    class_key: await crypto.sha256(classKey),
    body_sha256: bodySha256,
  } satisfies Manifest);
  const flaw = manifestFlaw(manifest);
  invariant(flaw === null, `a reader takes the manifest: ${flaw}`);
  const item = await encodeSign1(manifestType, encodeCbor(manifest), author);
  invariant(item.length <= maxManifestBytes, 'the manifest fits');
  return { manifest, item };
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
