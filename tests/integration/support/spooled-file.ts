import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CellClient } from '#desk/cell/cell-client.ts';
import { peekManifest } from '#recipes/manifest.ts';
import { hex } from '#shared/entropy.ts';
import { skipItem } from '#wire/cbor.ts';
import type { World } from '../world.ts';

/** A sealed recipe in the cell's spool, to be damaged and mended. */
export interface SpooledFile {
  readonly whole: Uint8Array;
  /** Where the manifest ends and the pieces begin. */
  readonly body: number;
  readonly pieceLength: number;
  readonly pieces: number;
  readonly manifest: string;
  /** Writes these bytes over the file, in place. */
  overwrite(bytes: Uint8Array): Promise<void>;
  /** Flips one bit, in place. */
  flip(at: number): Promise<void>;
  /** Brings the whole file into the spool again, as desk does when the cell has none. */
  upload(cell: CellClient): Promise<void>;
}

/** The file of the drink that `slug` names on the menu. */
export async function spooledFile(world: World, slug: string): Promise<SpooledFile> {
  const { drinks } = await (await world.customer()).menu(() => true);
  const drink = drinks.find((one) => one.slug === slug);
  for (const digest of (await world.status()).spooled) {
    const path = join(world.demo.place.cell, 'spool', `${hex(digest)}.tdr`);
    const whole = new Uint8Array(await readFile(path));
    const body = skipItem(whole, 0);
    const manifest = peekManifest(whole.slice(0, body));
    if (hex(manifest.recipe_id) !== drink?.recipe) continue;
    const { piece_len: pieceLength, piece_count: pieces } = manifest;
    return { whole, body, pieceLength, pieces, manifest: hex(digest), ...changes(path, whole) };
  }
  throw new Error(`${slug} is not in the spool`);
}

function changes(path: string, whole: Uint8Array): Pick<SpooledFile, 'overwrite' | 'flip' | 'upload'> {
  return {
    // neither truncates nor replaces: whoever has the file open reads the same file
    overwrite: (bytes) => writeFile(path, bytes, { flag: bytes.length === whole.length ? 'r+' : 'w' }),
    async flip(at) {
      await using file = await open(path, 'r+');
      await file.write(new Uint8Array([(whole[at] ?? 0) ^ 1]), 0, 1, at);
    },
    async upload(cell) {
      const { upload } = await cell.ask('spool_begin', { size: whole.length });
      await cell.ask('spool_chunk', { upload, at: 0, bytes: whole });
      await cell.ask('spool_end', { upload });
    },
  };
}

/** Places in every region of the file: its ends, all through the manifest, and begin, middle and tag of each piece. */
export function placesToDamage({ whole, body, pieceLength, pieces }: SpooledFile): number[] {
  const manifest = Array.from({ length: 24 }, (_, i) => Math.floor((i * body) / 24));
  const inPieces = Array.from({ length: pieces }, (_, i) => body + i * pieceLength).flatMap((start) => [
    start,
    start + Math.floor(pieceLength / 2),
    start + pieceLength - 1,
  ]);
  return [...new Set([...manifest, body - 1, ...inPieces, whole.length - 1])];
}
