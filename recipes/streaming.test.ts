import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { gcodeClass, textOf } from '#tests/support/gcode/gcode-class.ts';
import { lineOf, longGcode } from '#tests/support/gcode/long-gcode.ts';
import { openLongGcode, temporaryFolder } from '#tests/support/gcode/open-long-gcode.ts';
import { sealGcode } from '#tests/support/gcode/sealed-gcode.ts';
import { today } from '#tests/support/recipe-people.ts';
import { keysOf, type RecipeWorld, recipeWorld } from '#tests/support/sealed-drink.ts';
import { softTokens } from '#tests/support/soft-token.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { nodeSealCrypto } from './node-seal-crypto.ts';
import { type LayerKeys, openRecipe, type PieceBuffers, pieceBuffers } from './open.ts';
import type { PieceOpener } from './open-layer.ts';
import { inMemory, openSealedFile, type RandomAccess, type SealedFile } from './sealed-file.ts';
import type { SealedRecords } from './seal-records.ts';
import { softwareOpener } from './software-opener.ts';

/** 128 pieces of 4 KiB, two and a bit of the blocks in which pieces are read. */
const count = 128;
const machineClass = gcodeClass(4096, 256);
const classes = new Map([[machineClass.name, machineClass]]);
const program = Array.from({ length: 9_000 }, (_, i) => `G1 X${i} Y${i * 7} E0.5 ; ${'.'.repeat(30)}`);

describe('pieces of 64 KiB', () => {
  it('are opened from disk by a token, the next one on a thread of its own, in order and not', async () => {
    const large = gcodeClass(65_532, 64);
    await using folder = await temporaryFolder();
    const written = await longGcode(join(folder.path, 'large.tdr'), large, 24);
    await using tokens = await softTokens();
    using token = await tokens.make('large');
    await using open = await openLongGcode(token, written, large);
    for (const index of [...Array.from({ length: 24 }, (_, i) => i), 7, 8, 9, 3, 23, 0]) {
      using piece = await open.recipe.openPiece(index);
      const text = textOf(piece.record);
      const isText = index > 0 && index < 23;
      expect(Buffer.compare(text, isText ? lineOf(index, large.recordBytes - 4) : new Uint8Array(0))).toBe(0);
    }
  });
});

describe('a long recipe', () => {
  let world: RecipeWorld;
  let sealed: SealedRecords;
  let keys: LayerKeys<Uint8Array>;
  let texts: string[];

  beforeAll(async () => {
    world = await recipeWorld();
    const { author, classKey } = world;
    const order = { authorName: author.name, author: author.signer, classKey: classKey.spki, now: today };
    sealed = await sealGcode({ ...order, entropy: systemEntropy, crypto: nodeSealCrypto }, machineClass, program);
    keys = await keysOf(world, { ...sealed, warnings: [] });
    texts = await inOrder(await opened());
  });

  const opened = (source: RandomAccess = inMemory(sealed.file)): Promise<SealedFile> =>
    openSealedFile(source, world.anchors, today, classes);

  async function inOrder(file: SealedFile, buffers: PieceBuffers = pieceBuffers(machineClass)): Promise<string[]> {
    await using recipe = openRecipe(file, softwareOpener, keys, buffers);
    const all: string[] = [];
    for (let index = 0; index < file.manifest.piece_count; index += 1) {
      using piece = await recipe.openPiece(index);
      all.push(Buffer.from(textOf(piece.record)).toString());
    }
    return all;
  }

  it('says what its author wrote, worked ahead or not', async () => {
    expect(texts).toHaveLength(count);
    expect(texts.join('')).toBe(`${program.join('\n')}\n`);
    const { ahead, ...one } = pieceBuffers(machineClass);
    expect(ahead).toHaveLength(one.inner.length);
    expect(await inOrder(await opened(), one)).toEqual(texts);
  });

  it('is opened in any order', async () => {
    const file = await opened();
    const place = fc.oneof(fc.nat(count - 1), fc.constantFrom(0, 1, 2, 61, 62, 63, 124, 125, 126, 127));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(place, fc.integer({ min: 1, max: 4 })), { maxLength: 12 }), async (jumps) => {
        await using recipe = openRecipe(file, softwareOpener, keys, pieceBuffers(machineClass));
        for (const [from, many] of jumps) {
          for (let index = from; index < Math.min(count, from + many); index += 1) {
            using piece = await recipe.openPiece(index);
            expect(Buffer.from(textOf(piece.record)).toString()).toBe(texts[index]);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is read from its source in few goes, and never in one', async () => {
    const reads: number[] = [];
    const source = inMemory(sealed.file);
    const counted: RandomAccess = {
      ...source,
      readAt(at, into) {
        reads.push(into.length);
        return source.readAt(at, into);
      },
    };
    const file = await opened(counted);
    expect(reads).toEqual([65_536]);
    await file.verifyBody();
    expect(Math.max(...reads)).toBe(262_144);
    reads.length = 0;
    await inOrder(file);
    expect(Math.max(...reads)).toBeLessThanOrEqual(524_288);
    expect(reads.length).toBeLessThan(10);
  });

  it('is read rightly by whoever asks for two pieces at once', async () => {
    const file = await opened();
    const piece = (): Uint8Array => new Uint8Array(machineClass.pieceBytes);
    const asked = [0, 1, 2, 3, 100, 101, 4, 5];
    const got = asked.map(() => piece());
    await Promise.all(asked.map((index, i) => file.readPiece(index, got[i] ?? piece())));
    const bodyAt = sealed.file.length - count * machineClass.pieceBytes;
    for (const [i, index] of asked.entries()) {
      const at = bodyAt + index * machineClass.pieceBytes;
      expect(Buffer.compare(got[i] ?? piece(), sealed.file.subarray(at, at + machineClass.pieceBytes))).toBe(0);
    }
  });

  /** An opener that tells of each call which key it was under, and whether somebody waits for it. */
  function watched(calls: string[], real: PieceOpener<Uint8Array> = softwareOpener): PieceOpener<Uint8Array> {
    return {
      open(key, nonce, aad, ciphertext, out, isAhead = false) {
        calls.push(`${key === keys.mfr ? 'mfr' : 'lic'}${isAhead ? ' ahead' : ''}`);
        return real.open(key, nonce, aad, ciphertext, out, isAhead);
      },
    };
  }

  it('has nothing opened behind its check, then the outer layer of one piece ahead and no more', async () => {
    const calls: string[] = [];
    await using recipe = openRecipe(await opened(), watched(calls), keys, pieceBuffers(machineClass));
    const steps: string[][] = [];
    for (const index of [0, 1, 2, 9]) {
      (await recipe.openPiece(index))[Symbol.dispose]();
      await new Promise(setImmediate);
      steps.push(calls.splice(0));
    }
    const [check, second, third, jump] = steps.map((step) => step.toSorted());
    expect([check, second]).toEqual([
      ['lic', 'mfr'],
      ['lic', 'mfr', 'mfr ahead'],
    ]);
    expect([third, jump]).toEqual([
      ['lic', 'mfr ahead'],
      ['lic', 'mfr'],
    ]);
  });

  it('is refused where a piece is wrong, not where it was looked at ahead', async () => {
    const bad = sealed.file.slice();
    const at = bad.length - (count - 3) * machineClass.pieceBytes;
    bad[at + 500] = (bad[at + 500] ?? 0) ^ 1;
    const buffers = pieceBuffers(machineClass);
    await using recipe = openRecipe(await opened(inMemory(bad)), softwareOpener, keys, buffers);
    for (const index of [0, 1, 2]) (await recipe.openPiece(index))[Symbol.dispose]();
    await new Promise(setImmediate);
    expect(buffers.ahead.every((byte) => byte === 0) || buffers.inner.every((byte) => byte === 0)).toBe(true);
    await expect(recipe.openPiece(3)).rejects.toMatchObject({ code: 'recipe/piece-not-authentic' });
    using after = await recipe.openPiece(4);
    expect(Buffer.from(textOf(after.record)).toString()).toBe(texts[4]);
  });

  it('leaves nothing in any buffer when it is closed while the next piece is under way', async () => {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const slow: PieceOpener<Uint8Array> = {
      async open(key, nonce, aad, ciphertext, out, isAhead = false) {
        if (isAhead) await late;
        return softwareOpener.open(key, nonce, aad, ciphertext, out);
      },
    };
    const buffers = pieceBuffers(machineClass);
    const recipe = openRecipe(await opened(), slow, keys, buffers);
    (await recipe.openPiece(0))[Symbol.dispose]();
    const piece = await recipe.openPiece(1);
    expect(textOf(piece.record).length).toBeGreaterThan(4000);
    const closing = recipe[Symbol.asyncDispose]();
    expect(buffers.record.every((byte) => byte === 0)).toBe(true);
    resolve();
    await closing;
    expect(Object.values(buffers).every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  });

  it('is no recipe for who knows drinks only', async () => {
    const code = 'recipe/wrong-class';
    await expect(openSealedFile(inMemory(sealed.file), world.anchors, today)).rejects.toMatchObject({ code });
  });
});
