import { createDecipheriv } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { today } from '#tests/support/recipe-people.ts';
import { keysOf, recipeWorld, sealTestDrink } from '#tests/support/sealed-drink.ts';
import { type LayerKeys, openRecipe, pieceBuffers } from './open.ts';
import { pieceAad } from './piece-binding.ts';
import { inMemory, openSealedFile, type SealedFile } from './sealed-file.ts';
import { softwareOpener } from './software-opener.ts';

/** FORMAT.md written out by hand, without any code of this folder: what another reader of the format would do. */
const headBytes = 16;

/** Enc_structure ["Encrypt0", {1: 3}, CBOR ["tdr1", recipe id, version, layer, index, final]], all lengths as in these tests. */
function aadByHand(recipeId: Uint8Array, layer: 'mfr' | 'lic', index: number, final: boolean): Uint8Array {
  const place = Buffer.concat([
    Buffer.from('866474647231', 'hex'),
    Buffer.of(0x50, ...recipeId),
    Buffer.of(3, 0x63),
    Buffer.from(layer),
    Buffer.of(index, final ? 0xf5 : 0xf4),
  ]);
  return Buffer.concat([Buffer.from('8368456e63727970743043a1010358', 'hex'), Buffer.of(place.length), place]);
}

function openByHand(
  key: Uint8Array,
  baseIv: Uint8Array,
  layer: Uint8Array,
  aad: Uint8Array,
  index: number,
  final: boolean,
) {
  const nonce = Uint8Array.from(baseIv);
  const partial = [0, 0, 0, index, final ? 1 : 0];
  for (const [i, byte] of partial.entries()) nonce[7 + i] = (nonce[7 + i] ?? 0) ^ byte;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  decipher.setAAD(aad);
  decipher.setAuthTag(layer.subarray(-16));
  return Buffer.concat([decipher.update(layer.subarray(headBytes, -16)), decipher.final()]);
}

describe('a sealed piece, opened by hand', () => {
  let file: SealedFile;
  let keys: LayerKeys<Uint8Array>;
  let recipeId: Uint8Array;

  beforeAll(async () => {
    const world = await recipeWorld();
    using sealed = await sealTestDrink(world);
    file = await openSealedFile(inMemory(sealed.file), world.anchors, today);
    keys = await keysOf(world, sealed);
    recipeId = file.manifest.recipe_id;
  });

  const lastOf = (): number => file.manifest.piece_count - 1;
  async function sealedPiece(index: number): Promise<Uint8Array> {
    const piece = new Uint8Array(file.machineClass.pieceBytes);
    await file.readPiece(index, piece);
    return piece;
  }

  it('has the manufacturer layer outside, the licence layer inside, and is bound to its index', async () => {
    using recipe = openRecipe(file, softwareOpener, keys, pieceBuffers(file.machineClass));
    const [outer, inner] = file.manifest.layers;
    for (let index = 0; index <= lastOf(); index += 1) {
      const final = index === lastOf();
      const aad = (layer: 'mfr' | 'lic'): Uint8Array => aadByHand(recipeId, layer, index, final);
      const licensed = openByHand(keys.mfr, outer.base_iv, await sealedPiece(index), aad('mfr'), index, final);
      const record = openByHand(keys.lic, inner.base_iv, licensed, aad('lic'), index, final);
      using piece = await recipe.openPiece(index);
      expect(record.equals(Buffer.from(piece.record.buffer, piece.record.byteOffset, piece.record.byteLength))).toBe(
        true,
      );
    }
  });

  it('opens with neither layer in the place of the other', async () => {
    const [outer, inner] = file.manifest.layers;
    const piece = await sealedPiece(1);
    expect(() => openByHand(keys.lic, inner.base_iv, piece, aadByHand(recipeId, 'lic', 1, false), 1, false)).toThrow(
      'unable to authenticate',
    );
    expect(() => openByHand(keys.mfr, outer.base_iv, piece, aadByHand(recipeId, 'lic', 1, false), 1, false)).toThrow(
      'unable to authenticate',
    );
  });
});

describe('the associated data of a piece', () => {
  it('is what FORMAT.md says, another for each index, layer and end', () => {
    const recipeId = new Uint8Array(16).fill(7);
    const seen = new Set<string>();
    for (const layer of ['mfr', 'lic'] as const) {
      for (const final of [true, false]) {
        for (let index = 0; index < 24; index += 1) {
          const aad = pieceAad({ recipeId, version: 3, layer, index, final });
          expect(Buffer.from(aad)).toEqual(Buffer.from(aadByHand(recipeId, layer, index, final)));
          seen.add(Buffer.from(aad).toString('hex'));
        }
      }
    }
    expect(seen.size).toBe(2 * 2 * 24);
  });
});
