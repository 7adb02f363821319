import { createHash } from 'node:crypto';
import { Tagged } from 'cborg';
import { openGcm, sealGcm } from '#recipes/aes-gcm.ts';
import { beverage } from '#recipes/machine-class.ts';
import { type Manifest, manifestType } from '#recipes/manifest-schema.ts';
import type { LayerKeys } from '#recipes/open.ts';
import { type LayerName, type PiecePlace, partialIvOf, pieceAad, pieceNonce } from '#recipes/piece-binding.ts';
import { type SealOrder, sealRecipe } from '#recipes/seal.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { decodeEncrypt0, encodeEncrypt0 } from '#wire/cose-encrypt0.ts';
import { encodeSign1, type Signer } from '#wire/cose-sign1.ts';

/** A sealed recipe taken apart, with everything in hand to put it together wrongly: the keys, and the author's signature. */
export class Forge {
  readonly manifest: Manifest;
  /** Both content keys; they open what was forged without `keys` of its own. */
  readonly keys: LayerKeys<Uint8Array>;
  /** The recipe as it should be. */
  readonly good: Uint8Array;
  readonly #author: Signer;

  private constructor(manifest: Manifest, keys: LayerKeys<Uint8Array>, good: Uint8Array, author: Signer) {
    this.manifest = manifest;
    this.keys = keys;
    this.good = good;
    this.#author = author;
  }

  static async of(order: SealOrder): Promise<Forge> {
    const secrets: Uint8Array[] = [];
    const entropy = {
      bytes(length: number) {
        const bytes = order.entropy.bytes(length);
        if (length === 32) secrets.push(bytes.slice());
        return bytes;
      },
    };
    using sealed = await sealRecipe({ ...order, entropy });
    const [mfr, lic] = secrets;
    if (mfr === undefined || lic === undefined) throw new RangeError('two content keys');
    return new Forge(sealed.manifest, { mfr, lic }, sealed.file, order.author);
  }

  get count(): number {
    return this.manifest.piece_count;
  }

  /** The pieces as they should be. */
  get pieces(): Uint8Array[] {
    const bodyAt = this.good.length - this.count * beverage.pieceBytes;
    return Array.from({ length: this.count }, (_, i) =>
      this.good.slice(bodyAt + i * beverage.pieceBytes, bodyAt + (i + 1) * beverage.pieceBytes),
    );
  }

  /** Record `index` in the clear. */
  record(index: number): Uint8Array {
    const inner = this.#opened('mfr', index, this.pieces[index] ?? new Uint8Array(0));
    return this.#opened('lic', index, inner);
  }

  /** `record` sealed for piece `index`, rightly but for `changes` of one layer. */
  piece(index: number, record: Uint8Array, changes: Partial<Record<LayerName, LayerChanges>> = {}): Uint8Array {
    return this.layer('mfr', index, this.layer('lic', index, record, changes.lic), changes.mfr);
  }

  /** One layer around `plaintext`. */
  layer(name: LayerName, index: number, plaintext: Uint8Array, changes: LayerChanges = {}): Uint8Array {
    const { recipe_id: recipeId, version, layers } = this.manifest;
    const final = index === this.count - 1;
    const place = { recipeId, version, layer: name, index, final, ...changes };
    const { base_iv: baseIv } = layers[name === 'mfr' ? 0 : 1];
    const nonce = pieceNonce(baseIv, place.index, place.final);
    const ciphertext = sealGcm(changes.key ?? this.keys[name], nonce, pieceAad(place), plaintext);
    const partialIv = partialIvOf(place.index, place.final);
    const { as } = changes;
    if (as !== undefined) return as(ciphertext, partialIv);
    return encodeEncrypt0({ algorithm: 'A256GCM', partialIv, ciphertext });
  }

  /** The whole file: `pieces` under a manifest with `changes` that is signed again. */
  async file(pieces: readonly Uint8Array[], changes: object = {}, how: SigningChanges = {}): Promise<Uint8Array> {
    const body = Buffer.concat(pieces);
    const fields = { ...this.manifest, body_sha256: sha256(body), ...changes };
    return bytesOf(await this.#item(encodeCbor(fields), how), body);
  }

  /** The good pieces under a manifest of this very payload. */
  async signed(payload: Uint8Array, how: SigningChanges = {}): Promise<Uint8Array> {
    return bytesOf(await this.#item(payload, how), ...this.pieces);
  }

  #item(payload: Uint8Array, { signer = this.#author, type = manifestType }: SigningChanges): Promise<Uint8Array> {
    return encodeSign1(type, payload, signer);
  }

  /** The good pieces under a COSE_Sign1 of these headers, rightly signed over them. */
  async headed(protectedHeader: Map<unknown, unknown>, unprotected: object = new Map()): Promise<Uint8Array> {
    const header = encodeCbor(protectedHeader);
    const payload = encodeCbor(this.manifest);
    const signature = await this.#author.sign(encodeCbor(['Signature1', header, new Uint8Array(0), payload]));
    return bytesOf(encodeCbor(new Tagged(18, [header, unprotected, payload, signature])), ...this.pieces);
  }

  /** The protected header as it should be. */
  get header(): Map<unknown, unknown> {
    return new Map<unknown, unknown>([
      [1, -7],
      [3, manifestType],
      [33, this.#author.chain[0]],
    ]);
  }

  #opened(layer: LayerName, index: number, bytes: Uint8Array): Uint8Array {
    const { recipe_id: recipeId, version, layers } = this.manifest;
    const final = index === this.count - 1;
    const { ciphertext } = decodeEncrypt0(bytes, bytes.length);
    const nonce = pieceNonce(layers[layer === 'mfr' ? 0 : 1].base_iv, index, final);
    const out = new Uint8Array(ciphertext.length - 16);
    openGcm(this.keys[layer], nonce, pieceAad({ recipeId, version, layer, index, final }), ciphertext, out);
    return out;
  }
}

/** What of a layer is not as it should be. */
export interface LayerChanges extends Partial<PiecePlace> {
  readonly key?: Uint8Array;
  /** Another encoding of ciphertext and Partial IV. */
  readonly as?: (ciphertext: Uint8Array, partialIv: Uint8Array) => Uint8Array;
}

export interface SigningChanges {
  readonly signer?: Signer;
  readonly type?: string;
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

export function bytesOf(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
