import { Failure, invariant } from '#shared/failure.ts';
import { gcmTagBytes } from '#wire/cose-encrypt0.ts';
import type { MachineClass } from './machine-class.ts';
import { type LayerName, type PieceHead, pieceAad, pieceHead, pieceNonce } from './piece-binding.ts';
import type { SealedFile } from './sealed-file.ts';

/** Opens AES-256-GCM under a key that it knows by a handle; a token's job is one. */
export interface PieceOpener<K> {
  /**
   * One-shot. `out` has room for `ciphertextAndTag.length` bytes; answers the plaintext's length. Any rejection counts
   * as "not authentic" and must leave nothing of the plaintext in `out`.
   */
  open(key: K, nonce: Uint8Array, aad: Uint8Array, ciphertextAndTag: Uint8Array, out: Uint8Array): Promise<number>;
}

/** One content key for each layer. */
export type LayerKeys<K> = Readonly<Record<LayerName, K>>;

/** The only memory that inner ciphertext and plaintext ever lie in; the caller owns it and may lock it. */
export interface PieceBuffers {
  /** The opened manufacturer layer, with room for its tag. */
  readonly inner: Uint8Array;
  /** The record, with room for its tag. */
  readonly record: Uint8Array;
}

/** Bytes that the two buffers need. */
export function pieceBufferBytes(machineClass: MachineClass): { inner: number; record: number } {
  return { inner: machineClass.innerBytes + gcmTagBytes, record: machineClass.recordBytes + gcmTagBytes };
}

/** Buffers in ordinary memory. */
export function pieceBuffers(machineClass: MachineClass): PieceBuffers {
  const bytes = pieceBufferBytes(machineClass);
  return { inner: new Uint8Array(bytes.inner), record: new Uint8Array(bytes.record) };
}

/** A validated record in the clear, until it is disposed. */
export interface OpenPiece extends Disposable {
  readonly index: number;
  /** @throws Error after the piece was disposed */
  readonly record: DataView;
}

/** Opens pieces of one recipe, one at a time. Disposing it wipes both buffers. */
export interface OpenRecipe extends Disposable {
  /**
   * Piece `index`, both layers off, its record validated. The piece opened before must be disposed.
   * @throws Failure `recipe/piece-not-authentic` for whatever is wrong with the seal, `recipe/malformed` for a record
   * that its author got wrong
   */
  openPiece(index: number): Promise<OpenPiece>;
}

/** The recipe's pieces under `keys`. Call `verifyBody` on the file first. */
export function openRecipe<K>(
  file: SealedFile,
  opener: PieceOpener<K>,
  keys: LayerKeys<K>,
  buffers: PieceBuffers,
): OpenRecipe {
  const { machineClass, manifest } = file;
  const need = pieceBufferBytes(machineClass);
  invariant(buffers.inner.length === need.inner && buffers.record.length === need.record, 'buffers of the right size');
  const outer = layerOf('mfr', machineClass.innerBytes);
  const inner = layerOf('lic', machineClass.recordBytes);
  const sealed = new Uint8Array(machineClass.pieceBytes);
  const innerLayer = buffers.inner.subarray(0, machineClass.innerBytes);
  let state: 'idle' | 'busy' | 'closed' = 'idle';

  const wipe = (): void => {
    buffers.inner.fill(0);
    buffers.record.fill(0);
  };
  const giveBack = (): void => {
    wipe();
    if (state === 'busy') state = 'idle';
  };

  async function openLayer(layer: Layer, index: number, from: Uint8Array, out: Uint8Array): Promise<void> {
    const { recipe_id: recipeId, version, piece_count: pieceCount, layers } = manifest;
    const final = index === pieceCount - 1;
    const ciphertext = ciphertextOf(from, layer.head.at(index, final));
    const nonce = pieceNonce(layers[layer.position].base_iv, index, final);
    const aad = pieceAad({ recipeId, version, layer: layer.name, index, final });
    const length = await opener.open(keys[layer.name], nonce, aad, ciphertext, out);
    if (length !== layer.plaintextBytes) throw notAuthentic();
  }

  async function openBoth(index: number): Promise<void> {
    await file.readPiece(index, sealed);
    try {
      await openLayer(outer, index, sealed, buffers.inner);
      await openLayer(inner, index, innerLayer, buffers.record);
    } catch (error) {
      throw notAuthentic(error);
    } finally {
      buffers.inner.fill(0);
    }
  }

  return {
    async openPiece(index) {
      invariant(state === 'idle', 'one piece is open at a time');
      state = 'busy';
      const record = new DataView(buffers.record.buffer, buffers.record.byteOffset, machineClass.recordBytes);
      try {
        await openBoth(index);
        invariant(state === 'busy', 'the recipe is still open');
        requireSound(record, index, file);
      } catch (error) {
        giveBack();
        throw error;
      }
      return lend(index, record, giveBack);
    },
    [Symbol.dispose]() {
      wipe();
      state = 'closed';
    },
  };
}

function lend(index: number, record: DataView, giveBack: () => void): OpenPiece {
  let open = true;
  return {
    index,
    get record() {
      invariant(open, 'the piece is still open');
      return record;
    },
    [Symbol.dispose]() {
      if (open) giveBack();
      open = false;
    },
  };
}

interface Layer {
  readonly name: LayerName;
  /** In the manifest's list. */
  readonly position: 0 | 1;
  readonly plaintextBytes: number;
  readonly head: PieceHead;
}

function layerOf(name: LayerName, plaintextBytes: number): Layer {
  const head = pieceHead(plaintextBytes + gcmTagBytes);
  return { name, position: name === 'mfr' ? 0 : 1, plaintextBytes, head };
}

/** The ciphertext within an encoded layer, whose other bytes must be exactly those of this place. */
function ciphertextOf(layer: Uint8Array, head: Uint8Array): Uint8Array {
  if (!head.every((byte, i) => layer[i] === byte)) throw notAuthentic();
  return layer.subarray(head.length);
}

function requireSound(record: DataView, index: number, { manifest, machineClass }: SealedFile): void {
  const { piece_count: pieceCount, recipe_id: recipeId, version } = manifest;
  const layout = machineClass.record;
  const flaw = layout.flaw(record, { index, pieceCount, slots: manifest.ingredients.length });
  if (flaw !== null) throw new Failure('recipe/malformed', { piece: index, reason: flaw });
  if (index === 0 && !layout.namesRecipe(record, { pieceCount, recipeId, version })) throw notAuthentic();
}

function notAuthentic(cause?: unknown): Failure {
  return new Failure('recipe/piece-not-authentic', {}, cause);
}
