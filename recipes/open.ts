import { Failure, invariant } from '#shared/failure.ts';
import { gcmTagBytes } from '#wire/cose-encrypt0.ts';
import type { MachineClass } from './machine-class.ts';
import { layerOpener, notAuthentic, type PieceOpener } from './open-layer.ts';
import { outerLayers } from './open-outer-layers.ts';
import type { LayerName } from './piece-binding.ts';
import type { RecordLayout } from './record-layout.ts';
import type { SealedFile } from './sealed-file.ts';

/** One content key for each layer. */
export type LayerKeys<K> = Readonly<Record<LayerName, K>>;

/** Two openers work at once, where one carries one operation at a time (a session of a token). */
export type LayerOpeners<K> = Readonly<Record<LayerName, PieceOpener<K>>>;

/** The only memory that inner ciphertext and plaintext ever lie in; the caller owns it and may lock it. */
export interface PieceBuffers {
  /** The opened manufacturer layer, with room for its tag. */
  readonly inner: Uint8Array;
  /**
   * The same of the piece after: when it is there, that piece is read and its outer layer opened while this piece is
   * open. What lies in it is still under the licence layer.
   */
  readonly ahead?: Uint8Array;
  /** The record, with room for its tag. */
  readonly record: Uint8Array;
}

/** Bytes that the buffers need; `ahead` as many as `inner`. */
export function pieceBufferBytes(machineClass: MachineClass): { inner: number; record: number } {
  return { inner: machineClass.innerBytes + gcmTagBytes, record: machineClass.recordBytes + gcmTagBytes };
}

/** Buffers in ordinary memory. */
export function pieceBuffers(machineClass: MachineClass): Required<PieceBuffers> {
  const bytes = pieceBufferBytes(machineClass);
  return {
    inner: new Uint8Array(bytes.inner),
    ahead: new Uint8Array(bytes.inner),
    record: new Uint8Array(bytes.record),
  };
}

/** A validated record in the clear, until it is disposed. */
export interface OpenPiece extends Disposable {
  readonly index: number;
  /** @throws Error after the piece was disposed */
  readonly record: DataView;
}

/**
 * Opens pieces of one recipe, one at a time, in any order. Disposing it wipes the buffers; where it works ahead, wait for it
 * (`await using`) before anything else is opened into them.
 */
export interface OpenRecipe extends Disposable, AsyncDisposable {
  /** How the records of its class are laid out. */
  readonly layout: RecordLayout;
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
  opener: PieceOpener<K> | LayerOpeners<K>,
  keys: LayerKeys<K>,
  buffers: PieceBuffers,
): OpenRecipe {
  const { machineClass } = file;
  const { inner, ahead, record: recordBuffer } = buffers;
  const need = pieceBufferBytes(machineClass);
  invariant(
    [inner, ahead ?? inner].every(({ length }) => length === need.inner) && recordBuffer.length === need.record,
    'buffers of the right size',
  );
  const openers = 'open' in opener ? { mfr: opener, lic: opener } : opener;
  const outer = outerLayers(file, openers.mfr, keys.mfr, ahead === undefined ? [inner] : [inner, ahead]);
  const openInner = layerOpener(file, 'lic', openers.lic, keys.lic);
  let state: 'idle' | 'busy' | 'closed' = 'idle';
  let before = Number.NaN;

  const giveBack = (): void => {
    recordBuffer.fill(0);
    if (state === 'busy') state = 'idle';
  };

  const close = (): void => {
    outer[Symbol.dispose]();
    recordBuffer.fill(0);
    state = 'closed';
  };

  async function openBoth(index: number): Promise<void> {
    using sealed = await outer.take(index);
    // only for who reads in order; behind the check piece nothing is opened that is not asked for
    if (index === before + 1) await outer.begin(index + 1);
    before = index;
    await openInner(index, sealed.bytes, recordBuffer);
  }

  return {
    layout: machineClass.record,
    async openPiece(index) {
      invariant(state === 'idle', 'one piece is open at a time');
      state = 'busy';
      const record = new DataView(recordBuffer.buffer, recordBuffer.byteOffset, machineClass.recordBytes);
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
    [Symbol.dispose]: close,
    async [Symbol.asyncDispose]() {
      close();
      await outer.idle();
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

function requireSound(record: DataView, index: number, { manifest, machineClass }: SealedFile): void {
  const { piece_count: pieceCount, recipe_id: recipeId, version } = manifest;
  const layout = machineClass.record;
  const flaw = layout.flaw(record, { index, pieceCount, slots: manifest.ingredients.length });
  if (flaw !== null) throw new Failure('recipe/malformed', { piece: index, reason: flaw });
  if (index === 0 && !layout.namesRecipe(record, { pieceCount, recipeId, version })) throw notAuthentic();
}
