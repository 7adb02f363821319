import { beforeAll, describe, expect, it } from 'vitest';
import { today } from '#tests/support/recipe-people.ts';
import { keysOf, type RecipeWorld, recipeWorld, sealTestDrink, testSource } from '#tests/support/sealed-drink.ts';
import { type LayerKeys, openRecipe, pieceBuffers } from './open.ts';
import { amountAt, countOf, instructionOf, opOf, ops, pauseMsOf, slotAt, timingOf, timings } from './record.ts';
import { inMemory, openSealedFile, type SealedFile } from './sealed-file.ts';
import { softwareOpener } from './software-opener.ts';

describe('a sealed recipe, opened again', () => {
  let world: RecipeWorld;
  let file: SealedFile;
  let keys: LayerKeys<Uint8Array>;

  beforeAll(async () => {
    world = await recipeWorld();
    using sealed = await sealTestDrink(world);
    file = await openSealedFile(inMemory(sealed.file), world.anchors, today);
    keys = await keysOf(world, sealed);
  });

  const open = () => openRecipe(file, softwareOpener, keys, pieceBuffers(file.machineClass));

  it('names in the clear what safety and the customer need, coarsely', async () => {
    await file.verifyBody();
    const { manifest } = file;
    expect(manifest.ingredients).toEqual([
      { id: 'cola', max_ul: 95_750 },
      { id: 'milk', max_ul: 47_875 },
      { id: 'orange-juice', max_ul: 95_750 },
      { id: 'vodka', max_ul: 47_875 },
    ]);
    expect(manifest.bounds).toEqual({ total_ul: 191_500, duration_ms: 60_000, parallel: 2, min_dose: 20_000 });
    // 16 ml of alcohol in 191.5 ml are 8.4 %; 158.7 kcal; 7 mg of caffeine
    expect(manifest.label).toEqual({ allergens: ['milk'], abv: 10, kcal: 200, caffeine: 20 });
    expect(manifest).toMatchObject({ piece_len: 128, piece_count: 8, author: 'Ada Author', version: 3 });
  });

  it('gives every record back, piece by piece', async () => {
    using recipe = open();
    const seen: unknown[] = [];
    for (let i = 0; i < file.manifest.piece_count; i += 1) {
      using piece = await recipe.openPiece(i);
      const { record } = piece;
      const doses = Array.from({ length: countOf(record) }, (_, d) => [slotAt(record, d), amountAt(record, d)]);
      seen.push(opOf(record) === ops.check ? 'check' : [opOf(record), timingOf(record), pauseMsOf(record), doses]);
      if (opOf(record) === ops.manual) expect(instructionOf(record)).toBe(1);
    }
    expect(seen).toEqual([
      'check',
      [
        ops.dispense,
        timings.same_end,
        1000,
        [
          [2, 61_500],
          [3, 40_000],
        ],
      ],
      [ops.manual, 0, 0, []],
      [ops.pause, 0, 2000, []],
      [
        ops.dispense,
        timings.machine,
        0,
        [
          [0, 70_000],
          [1, 20_000],
        ],
      ],
      [ops.end, 0, 0, []],
      [ops.end, 0, 0, []],
      [ops.end, 0, 0, []],
    ]);
  });

  it('leaves nothing in the buffers when a piece is disposed', async () => {
    const buffers = pieceBuffers(file.machineClass);
    using recipe = openRecipe(file, softwareOpener, keys, buffers);
    const piece = await recipe.openPiece(1);
    expect(amountAt(piece.record, 0)).toBe(61_500);
    expect(buffers.inner.every((byte) => byte === 0)).toBe(true);
    expect(buffers.record.every((byte) => byte === 0)).toBe(false);
    piece[Symbol.dispose]();
    expect(buffers.record.every((byte) => byte === 0)).toBe(true);
    expect(() => piece.record).toThrow('still open');
  });

  it('opens one piece at a time, and none when closed', async () => {
    const recipe = open();
    const first = await recipe.openPiece(0);
    await expect(recipe.openPiece(1)).rejects.toThrow('one piece is open at a time');
    first[Symbol.dispose]();
    recipe[Symbol.dispose]();
    await expect(recipe.openPiece(1)).rejects.toThrow('invariant');
  });

  it('is sealed with other keys and IVs each time, and then nothing of one opens the other', async () => {
    using again = await sealTestDrink(world, testSource());
    const other = await openSealedFile(inMemory(again.file), world.anchors, today);
    const ivs = [file, other].flatMap(({ manifest }) => manifest.layers.map(({ base_iv }) => base_iv.join()));
    expect(new Set(ivs).size).toBe(4);
    const otherKeys = await keysOf(world, again);
    for (const mixed of [
      { mfr: keys.mfr, lic: otherKeys.lic },
      { mfr: otherKeys.mfr, lic: keys.lic },
      { mfr: keys.lic, lic: keys.mfr },
    ]) {
      using recipe = openRecipe(file, softwareOpener, mixed, pieceBuffers(file.machineClass));
      await expect(recipe.openPiece(1)).rejects.toMatchObject({ code: 'recipe/piece-not-authentic' });
    }
  });
});
