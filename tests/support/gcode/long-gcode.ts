import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { MachineClass } from '#recipes/machine-class.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import type { LayerKeys } from '#recipes/open.ts';
import { freshLayers, pieceSealer } from '#recipes/seal-pieces.ts';
import { signManifest } from '#recipes/seal-records.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type PaperParty, paperClassKey, paperParty, today, trustIn } from '../recipe-people.ts';
import { writeLines } from './gcode-class.ts';
import { aboutGcode } from './sealed-gcode.ts';

/** A program of any length, sealed piece by piece into a file; nobody has all of it in memory. */
export interface LongGcode {
  readonly path: string;
  readonly anchors: ReturnType<typeof trustIn>;
  readonly author: PaperParty;
  /** Content keys in the clear, to be wrapped to whichever token opens the file. */
  readonly keys: LayerKeys<Uint8Array>;
  readonly bytes: number;
}

/** Record `index` is filled with the line number, so that every piece is another. */
export async function longGcode(path: string, machineClass: MachineClass, pieceCount: number): Promise<LongGcode> {
  const author = await paperParty('author', 'Ada Author');
  const classKey = await paperClassKey();
  const secrets: Uint8Array[] = [];
  using layers = freshLayers({
    bytes(length) {
      const bytes = systemEntropy.bytes(length);
      if (length === 32) secrets.push(bytes.slice());
      return bytes;
    },
  });
  const [mfr = new Uint8Array(), lic = new Uint8Array()] = secrets;
  const recipe = { recipeId: aboutGcode.recipe_id, version: aboutGcode.version, pieceCount };
  const seal = pieceSealer(layers, recipe, nodeSealCrypto);
  const hash = createHash('sha256');
  const order = { machineClass, about: aboutGcode, pieceCount, authorName: author.name, author: author.signer };
  const more = { now: today, classKey: classKey.spki, crypto: nodeSealCrypto };
  const item0 = async (digest: Uint8Array) => (await signManifest({ ...order, ...more }, layers, digest)).item;
  // its length does not depend on what it says of the body
  const bodyAt = (await item0(new Uint8Array(32))).length;
  await using file = await open(path, 'w');
  for (let index = 0; index < pieceCount; index += 1) {
    const piece = await seal(index, recordOf(machineClass, recipe, index));
    hash.update(piece);
    await file.write(piece, 0, piece.length, bodyAt + index * machineClass.pieceBytes);
  }
  await file.write(await item0(new Uint8Array(hash.digest())), 0, bodyAt, 0);
  const bytes = bodyAt + pieceCount * machineClass.pieceBytes;
  return { path, author, anchors: trustIn({ author }), keys: { mfr, lic }, bytes };
}

function recordOf(
  { record: layout, recordBytes }: MachineClass,
  recipe: { readonly recipeId: Uint8Array; readonly version: number; readonly pieceCount: number },
  index: number,
): Uint8Array {
  const bytes = new Uint8Array(recordBytes);
  const view = new DataView(bytes.buffer);
  if (index === 0) layout.writeCheck(view, recipe);
  else if (index === recipe.pieceCount - 1) layout.writeEnd(view);
  else writeLines(view, lineOf(index, recordBytes - 4));
  return bytes;
}

/** What record `index` says. */
export function lineOf(index: number, length: number): Uint8Array {
  const text = new Uint8Array(length).fill(0x2e);
  new TextEncoder().encodeInto(`N${index} `, text);
  return text;
}
