import { readClassKey } from '#recipes/class-key.ts';
import { type LayerKeys, openRecipe, pieceBuffers } from '#recipes/open.ts';
import type { PieceOpener } from '#recipes/open-layer.ts';
import { inMemory, openSealedFile } from '#recipes/sealed-file.ts';
import { type Failure, isFailure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import { type FixedPeople, judgedAt } from './fixed-people.ts';

/** How far a reader came: what it refused and why, and the pieces behind the check that it gave out before. */
export interface Reading {
  readonly found: string;
  readonly code: FailureCode | null;
  /** Pieces that were given out in the clear, the check apart. */
  readonly pieces: readonly number[];
  /** Whether every buffer holds zeros afterwards. */
  readonly isWiped: boolean;
}

/** Reads a sealed recipe as a cell does: manifest, hash, check piece, then one piece after the other until one is refused. */
export async function readWholly<K>(
  bytes: Uint8Array,
  { anchors }: Pick<FixedPeople, 'anchors'>,
  opener: PieceOpener<K>,
  keys: LayerKeys<K>,
): Promise<Reading> {
  const pieces: number[] = [];
  let found = 'manifest';
  let isWiped = true;
  try {
    const file = await openSealedFile(inMemory(bytes), anchors, judgedAt);
    found = 'body';
    await file.verifyBody();
    const buffers = pieceBuffers(file.machineClass);
    try {
      await using recipe = openRecipe(file, opener, keys, buffers);
      for (let index = 0; index < file.manifest.piece_count; index += 1) {
        found = index === 0 ? 'check' : `piece ${index}`;
        using _piece = await recipe.openPiece(index);
        if (index > 0) pieces.push(index);
      }
    } finally {
      isWiped = Object.values(buffers).every((buffer) => buffer.every((byte) => byte === 0));
    }
    return { found: 'nothing', code: null, pieces, isWiped };
  } catch (error) {
    return { found, code: codeOf(error), pieces, isWiped };
  }
}

/** Reads a class key's certificate as a sealer does. */
export function readCertificate(der: Uint8Array, { anchors }: FixedPeople): Pick<Reading, 'found' | 'code'> {
  try {
    readClassKey([der], anchors, judgedAt);
    return { found: 'nothing', code: null };
  } catch (error) {
    return { found: 'class-key', code: codeOf(error) };
  }
}

function codeOf(error: unknown): Failure['code'] {
  if (isFailure(error)) return error.code;
  throw error;
}
