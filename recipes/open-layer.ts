import { Failure } from '#shared/failure.ts';
import { gcmTagBytes } from '#wire/cose-encrypt0.ts';
import { type LayerName, pieceAads, pieceHead, pieceNonce } from './piece-binding.ts';
import type { SealedFile } from './sealed-file.ts';

/** Opens AES-256-GCM under a key that it knows by a handle; a token's job is one. */
export interface PieceOpener<K> {
  /**
   * One-shot. `out` has room for `ciphertextAndTag.length` bytes; answers the plaintext's length. Any rejection counts
   * as "not authentic" and must leave nothing of the plaintext in `out`.
   * `isAhead`: nobody waits for it yet, so it may take longer if others can work meanwhile.
   */
  open(
    key: K,
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertextAndTag: Uint8Array,
    out: Uint8Array,
    isAhead?: boolean,
  ): Promise<number>;
}

/** Takes one layer off piece `index`: `layer` is all of it, `out` has room for plaintext and tag. */
export type OpenLayer = (index: number, layer: Uint8Array, out: Uint8Array, isAhead?: boolean) => Promise<void>;

/**
 * Opens one layer of a recipe's pieces; every rejection is `recipe/piece-not-authentic`. The bytes before a ciphertext are
 * compared, not parsed: the encoding is deterministic, and index and `final` come from the reader's own counter.
 */
export function layerOpener<K>(file: SealedFile, name: LayerName, opener: PieceOpener<K>, key: K): OpenLayer {
  const { recipe_id: recipeId, version, piece_count: pieceCount, layers } = file.manifest;
  const { innerBytes, recordBytes } = file.machineClass;
  const plaintextBytes = name === 'mfr' ? innerBytes : recordBytes;
  const { base_iv: baseIv } = layers[name === 'mfr' ? 0 : 1];
  const heads = pieceHead(plaintextBytes + gcmTagBytes);
  const aadOf = pieceAads({ recipeId, version, layer: name });
  return async (index, layer, out, isAhead = false) => {
    const final = index === pieceCount - 1;
    const head = heads.at(index, final);
    if (!head.every((byte, i) => layer[i] === byte)) throw notAuthentic();
    const ciphertext = layer.subarray(head.length, head.length + plaintextBytes + gcmTagBytes);
    const length = await opener
      .open(key, pieceNonce(baseIv, index, final), aadOf(index, final), ciphertext, out, isAhead)
      .catch(refused);
    if (length !== plaintextBytes) throw notAuthentic();
  };
}

function refused(error: unknown): never {
  throw notAuthentic(error);
}

/** The one and the same failure for whatever is wrong with a seal. */
export function notAuthentic(cause?: unknown): Failure {
  return new Failure('recipe/piece-not-authentic', {}, cause);
}
