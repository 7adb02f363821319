import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '#shared/failure.ts';
import { today } from '#tests/support/recipe-people.ts';
import { keysOf, type RecipeWorld, recipeWorld, sealTestDrink, testSource } from '#tests/support/sealed-drink.ts';
import { type LayerKeys, openRecipe, pieceBuffers } from './open.ts';
import { inMemory, openSealedFile, type SealedFile } from './sealed-file.ts';
import { softwareOpener } from './software-opener.ts';

const pieceBytes = 128;

describe('a sealed recipe that was meddled with', () => {
  let world: RecipeWorld;
  let good: Uint8Array;
  let bodyAt: number;
  let pieceCount: number;
  let keys: LayerKeys<Uint8Array>;
  let honest: SealedFile;

  beforeAll(async () => {
    world = await recipeWorld();
    using sealed = await sealTestDrink(world);
    good = sealed.file;
    keys = await keysOf(world, sealed);
    honest = await openSealedFile(inMemory(good), world.anchors, today);
    bodyAt = honest.manifest.length;
    pieceCount = honest.manifest.piece_count;
  });

  /** The code with which a file is refused before a licence is burned, or null. */
  async function refusedBeforeBurning(bytes: Uint8Array): Promise<string | null> {
    try {
      await (await openSealedFile(inMemory(bytes), world.anchors, today)).verifyBody();
      return null;
    } catch (error) {
      if (isFailure(error)) return error.code;
      throw error;
    }
  }

  /** The pieces that still open when the body was replaced behind the manifest's back, after the check of its hash. */
  async function opening(body: Uint8Array, of: SealedFile = honest): Promise<number[]> {
    const forged: SealedFile = {
      ...of,
      readPiece(index, into) {
        into.set(body.subarray(index * pieceBytes, (index + 1) * pieceBytes));
        return Promise.resolve();
      },
    };
    const buffers = pieceBuffers(of.machineClass);
    using recipe = openRecipe(forged, softwareOpener, keys, buffers);
    const open: number[] = [];
    for (let index = 0; index < pieceCount; index += 1) {
      try {
        using _piece = await recipe.openPiece(index);
        open.push(index);
      } catch (error) {
        expect(isFailure(error, 'recipe/piece-not-authentic')).toBe(true);
        expect(buffers.record.every((byte) => byte === 0)).toBe(true);
        expect(buffers.inner.every((byte) => byte === 0)).toBe(true);
      }
    }
    return open;
  }

  const body = (): Uint8Array => good.slice(bodyAt);
  const all = (): number[] => Array.from({ length: pieceCount }, (_, index) => index);
  const piece = (index: number): Uint8Array => body().subarray(index * pieceBytes, (index + 1) * pieceBytes);

  it('is refused before burning, with a bit flipped at any byte', async () => {
    expect(await refusedBeforeBurning(good)).toBeNull();
    for (let at = 0; at < good.length; at += 1) {
      const bad = Uint8Array.from(good);
      bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
      const code = await refusedBeforeBurning(bad);
      expect(['recipe/malformed', 'recipe/not-authentic', 'recipe/digest-mismatch', 'recipe/wrong-class']).toContain(
        code,
      );
      if (at >= bodyAt) expect(code).toBe('recipe/digest-mismatch');
    }
  });

  it('is refused before burning when shorter by any length, or longer', async () => {
    for (let length = 0; length < good.length; length += 1) {
      expect(await refusedBeforeBurning(good.subarray(0, length)), `${length} bytes`).toMatch(/^recipe\/malformed$/);
    }
    for (const extra of [1, pieceBytes, 100_000]) {
      const longer = new Uint8Array(good.length + extra);
      longer.set(good);
      expect(await refusedBeforeBurning(longer)).toBe('recipe/malformed');
    }
  });

  it('is refused before burning with pieces in another order, doubled or left out', async () => {
    for (const order of [
      [0, 2, 1, 3, 4, 5, 6, 7],
      [0, 1, 1, 3, 4, 5, 6, 7],
      [7, 6, 5, 4, 3, 2, 1, 0],
    ]) {
      const bad = Uint8Array.from(good);
      order.forEach((from, to) => {
        bad.set(piece(from), bodyAt + to * pieceBytes);
      });
      expect(await refusedBeforeBurning(bad)).toBe('recipe/digest-mismatch');
    }
  });

  describe('after the hash was checked, by whoever can write the spool', () => {
    it('opens nowhere but where each piece belongs', async () => {
      expect(await opening(body())).toEqual(all());
      const shifted = Uint8Array.from(body());
      shifted.set(piece(1), 2 * pieceBytes);
      shifted.set(piece(2), pieceBytes);
      expect(await opening(shifted)).toEqual([0, 3, 4, 5, 6, 7]);
    });

    it('opens no piece with a bit flipped at any byte', async () => {
      for (let at = 0; at < pieceBytes; at += 1) {
        const bad = Uint8Array.from(body());
        bad[pieceBytes + at] = (bad[pieceBytes + at] ?? 0) ^ (1 << (at % 8));
        expect(await opening(bad), `byte ${at}`).toEqual(all().filter((index) => index !== 1));
      }
    });

    it('does not end early: no other piece passes for the final one', async () => {
      const shorter = { ...honest, manifest: { ...honest.manifest, piece_count: 5 } } as SealedFile;
      using recipe = openRecipe(shorter, softwareOpener, keys, pieceBuffers(honest.machineClass));
      await expect(recipe.openPiece(4)).rejects.toMatchObject({ code: 'recipe/piece-not-authentic' });
      const longer = { ...honest, manifest: { ...honest.manifest, piece_count: 9 } } as SealedFile;
      using more = openRecipe(longer, softwareOpener, keys, pieceBuffers(honest.machineClass));
      await expect(more.openPiece(7)).rejects.toMatchObject({ code: 'recipe/piece-not-authentic' });
    });

    it('opens no piece of another version or recipe under the same keys', async () => {
      for (const other of [{ version: 4 }, { recipe_id: new Uint8Array(16).fill(9) }]) {
        const renamed = { ...honest, manifest: { ...honest.manifest, ...other } } as SealedFile;
        expect(await opening(body(), renamed)).toEqual([]);
      }
    });

    it('opens no piece with its layers in the other order', async () => {
      const [mfr, lic] = honest.manifest.layers;
      const swapped = { ...honest, manifest: { ...honest.manifest, layers: [lic, mfr] } } as unknown as SealedFile;
      expect(await opening(body(), swapped)).toEqual([]);
    });

    it('opens no piece of a recipe sealed a second time', async () => {
      using again = await sealTestDrink(world, testSource());
      expect(await opening(again.file.slice(again.file.length - pieceCount * pieceBytes))).toEqual([]);
    });

    it('opens no random bytes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: pieceBytes, maxLength: pieceBytes }), async (bytes) => {
          const bad = Uint8Array.from(body());
          bad.set(bytes, 3 * pieceBytes);
          expect(await opening(bad)).toEqual(all().filter((index) => index !== 3));
        }),
        { numRuns: 50 },
      );
    });
  });

  it('is refused when the file shrinks or grows under the reader', async () => {
    let size = good.length;
    const file = await openSealedFile({ ...inMemory(good), size: () => Promise.resolve(size) }, world.anchors, today);
    size += 1;
    await expect(file.verifyBody()).rejects.toMatchObject({ code: 'recipe/malformed' });
    let held = good;
    const shrinking = { ...inMemory(good), readAt: (at: number, into: Uint8Array) => inMemory(held).readAt(at, into) };
    const short = await openSealedFile(shrinking, world.anchors, today);
    held = good.subarray(0, good.length - 1);
    await expect(short.readPiece(7, new Uint8Array(pieceBytes))).rejects.toMatchObject({ code: 'recipe/malformed' });
    await expect(short.readPiece(8, new Uint8Array(pieceBytes))).rejects.toThrow('invariant');
  });

  it('never crashes on bytes that are none of ours', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        expect(await refusedBeforeBurning(bytes)).toMatch(/^recipe\/(malformed|not-authentic)$/);
      }),
    );
  });
});
