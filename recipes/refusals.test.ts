import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '#shared/failure.ts';
import { today } from '#tests/support/recipe-people.ts';
import { keysOf, type RecipeWorld, recipeWorld, sealTestDrink, testSource } from '#tests/support/sealed-drink.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { encodeEncrypt0 } from '#wire/cose-encrypt0.ts';
import { encodeSign1 } from '#wire/cose-sign1.ts';
import { sealGcm } from './aes-gcm.ts';
import { manifestType } from './manifest-schema.ts';
import { type LayerKeys, openRecipe, pieceBuffers } from './open.ts';
import { partialIvOf, pieceAad, pieceNonce } from './piece-binding.ts';
import { writeCheck } from './record.ts';
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

describe('a sealed recipe that its author got wrong', () => {
  let world: RecipeWorld;
  let good: SealedFile;
  let keys: LayerKeys<Uint8Array>;

  beforeAll(async () => {
    world = await recipeWorld();
    using sealed = await sealTestDrink(world);
    good = await openSealedFile(inMemory(sealed.file), world.anchors, today);
    keys = await keysOf(world, sealed);
  });

  /** A file whose piece `index` is `record`, properly sealed. */
  function withRecord(index: number, record: Uint8Array): SealedFile {
    const { recipe_id: recipeId, version, piece_count: count, layers } = good.manifest;
    const final = index === count - 1;
    const seal = (layer: 'mfr' | 'lic', plaintext: Uint8Array): Uint8Array => {
      const nonce = pieceNonce(layers[layer === 'mfr' ? 0 : 1].base_iv, index, final);
      const aad = pieceAad({ recipeId, version, layer, index, final });
      const ciphertext = sealGcm(keys[layer], nonce, aad, plaintext);
      return encodeEncrypt0({ algorithm: 'A256GCM', partialIv: partialIvOf(index, final), ciphertext });
    };
    const piece = seal('mfr', seal('lic', record));
    return {
      ...good,
      readPiece(_, into) {
        into.set(piece);
        return Promise.resolve();
      },
    };
  }

  const opened = async (index: number, record: Uint8Array, opener = softwareOpener): Promise<void> => {
    using recipe = openRecipe(withRecord(index, record), opener, keys, pieceBuffers(good.machineClass));
    using _piece = await recipe.openPiece(index);
  };

  it('gives no record out that is not as the format says', async () => {
    const amountless = new Uint8Array(64);
    amountless.set([1, 0, 1]);
    await expect(opened(1, amountless)).rejects.toMatchObject({
      code: 'recipe/malformed',
      facts: { piece: 1, reason: 'amount-zero' },
    });
  });

  it('is refused when its check names another recipe, version or length', async () => {
    const record = new DataView(new ArrayBuffer(64));
    const { recipe_id: id, version, piece_count: count } = good.manifest;
    const others: [number, Uint8Array, number][] = [
      [count + 1, id, version],
      [count, id.map((byte) => byte + 1), version],
      [count, id, version + 1],
    ];
    for (const [pieces, of, no] of others) {
      writeCheck(record, pieces, of, no);
      await expect(opened(0, new Uint8Array(record.buffer))).rejects.toMatchObject({
        code: 'recipe/piece-not-authentic',
      });
    }
    writeCheck(record, count, id, version);
    await expect(opened(0, new Uint8Array(record.buffer))).resolves.toBeUndefined();
  });

  it('is refused when a token answers fewer bytes than a record has', async () => {
    const short: typeof softwareOpener = { open: async (...all) => (await softwareOpener.open(...all)) - 1 };
    await expect(opened(7, Uint8Array.of(4, ...new Uint8Array(63)), short)).rejects.toMatchObject({
      code: 'recipe/piece-not-authentic',
    });
  });

  it('is refused with pieces of another length, or of a class that this release does not know', async () => {
    const { signedBy, digest, length, ...manifest } = good.manifest;
    expect([signedBy.name, digest.length, length > 0]).toEqual(['Ada Author', 32, true]);
    const file = async (changes: object): Promise<Uint8Array> => {
      const item = await encodeSign1(manifestType, encodeCbor({ ...manifest, ...changes }), world.author.signer);
      return Uint8Array.of(...item, ...new Uint8Array(128 * 8));
    };
    const open = async (changes: object) => openSealedFile(inMemory(await file(changes)), world.anchors, today);
    await expect(open({ piece_len: 64, piece_count: 16 })).rejects.toMatchObject({ code: 'recipe/malformed' });
    await expect(open({ piece_count: 512 })).rejects.toMatchObject({ code: 'recipe/malformed' });
    await expect(open({ machine_class: 'mill' })).rejects.toMatchObject({ code: 'recipe/wrong-class' });
    await expect((await open({})).verifyBody()).rejects.toMatchObject({ code: 'recipe/digest-mismatch' });
  });

  it('is never opened into buffers of the wrong size', () => {
    const buffers = pieceBuffers(good.machineClass);
    const small = { ...buffers, record: buffers.record.subarray(16) };
    expect(() => openRecipe(good, softwareOpener, keys, small)).toThrow('right size');
  });
});
