import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Entropy } from '#shared/entropy.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { microlitresPerSecond } from '#shared/units.ts';
import { type PaperParty, paperClassKey, paperParty, today, trustIn } from '#tests/support/recipe-people.ts';
import {
  fewIngredients,
  type RecipeWorld,
  recipeWorld,
  sealTestDrink,
  testSource,
  unwrap,
} from '#tests/support/sealed-drink.ts';
import { decodeEncrypt0 } from '#wire/cose-encrypt0.ts';
import { boundsOf, maxUl, paddedPieceCount } from './bounds.ts';
import { readClassKey } from './class-key.ts';
import { ContentKey } from './content-key.ts';
import { ingredientOf } from './ingredients.ts';
import { labelOf } from './label.ts';
import { beverage, machineClassOf } from './machine-class.ts';
import { nodeSealCrypto } from './node-seal-crypto.ts';
import { phasesOf } from './phases.ts';
import { type SealOrder, sealRecipe, wrapForDeposit } from './seal.ts';
import { type RecipeSource, readSource } from './source.ts';

/** Bytes of a counter under SHA-256: the same each time. */
function countedEntropy(): Entropy {
  let count = 0;
  return {
    bytes(length) {
      count += 1;
      return new Uint8Array(createHash('sha256').update(`seed ${count}`).digest()).slice(0, length);
    },
  };
}

describe('sealing', () => {
  let world: RecipeWorld;
  let order: SealOrder;

  beforeAll(async () => {
    world = await recipeWorld();
    order = {
      source: testSource(),
      ingredients: fewIngredients,
      authorName: 'Ada Author',
      author: world.author.signer,
      classKey: world.classKey.spki,
      now: today,
      entropy: systemEntropy,
      crypto: nodeSealCrypto,
    };
  });

  it('makes pieces of one length, each a COSE_Encrypt0 whose Partial IV counts', async () => {
    using sealed = await sealRecipe(order);
    const { piece_len: length, piece_count: count } = sealed.manifest;
    const body = sealed.file.subarray(sealed.file.length - length * count);
    for (let index = 0; index < count; index += 1) {
      const { algorithm, partialIv, ciphertext } = decodeEncrypt0(
        body.slice(index * length, (index + 1) * length),
        length,
      );
      expect([algorithm, ciphertext.length]).toEqual(['A256GCM', 112]);
      expect([...partialIv]).toEqual([0, 0, 0, index, index === count - 1 ? 1 : 0]);
    }
  });

  it('gives the same pieces from the same entropy: nothing else is random', async () => {
    using a = await sealRecipe({ ...order, entropy: countedEntropy() });
    using b = await sealRecipe({ ...order, entropy: countedEntropy() });
    expect(a.manifest.body_sha256).toEqual(b.manifest.body_sha256);
    expect(a.manifest.layers[1]).toEqual(b.manifest.layers[1]);
  });

  it('refuses entropy that repeats itself', async () => {
    const stuck: Entropy = { bytes: (length) => new Uint8Array(length).fill(7) };
    await expect(sealRecipe({ ...order, entropy: stuck })).rejects.toMatchObject({ code: 'recipe/key-reused' });
  });

  it('wraps the licence layer’s key for licensing and wipes it', async () => {
    const deposit = await paperClassKey();
    const sealed = await sealRecipe(order);
    const key = unwrap(deposit, await wrapForDeposit(sealed.contentKey, deposit.spki, nodeSealCrypto));
    expect(key.length).toBe(32);
    sealed[Symbol.dispose]();
    expect(() => wrapForDeposit(sealed.contentKey, deposit.spki, nodeSealCrypto)).toThrow('wiped');
  });

  it('wraps to RSA keys only', async () => {
    const elliptic = await paperParty('deposit', 'Curve');
    using key = ContentKey.fresh(systemEntropy);
    const code = 'token/mechanism-missing';
    await expect(wrapForDeposit(key, elliptic.spki, nodeSealCrypto)).rejects.toMatchObject({ code });
    await expect(wrapForDeposit(key, new Uint8Array(9), nodeSealCrypto)).rejects.toMatchObject({
      code: 'message/malformed',
    });
  });

  it('refuses a class or ingredient that it does not know, and a recipe of pauses only', async () => {
    const mill = testSource({ machine_class: 'mill' as 'beverage' });
    await expect(sealTestDrink(world, mill)).rejects.toMatchObject({ code: 'recipe/wrong-class' });
    const code = 'recipe/source-invalid';
    const gold = testSource({ steps: [{ pour: { gold: 100 }, timing: 'machine' }] });
    await expect(sealTestDrink(world, gold)).rejects.toMatchObject({ code, facts: { at: 'gold' } });
    await expect(sealTestDrink(world, testSource({ steps: [{ pause_s: 1 }] }))).rejects.toMatchObject({ code });
  });

  it('warns where the public fields tell an amount too closely', async () => {
    using plain = await sealTestDrink(
      world,
      testSource({ steps: [{ pour: { cola: 150, milk: 50 }, timing: 'machine' }] }),
    );
    expect(plain.warnings.map(({ ingredient, minUl, maxUl: most }) => [ingredient, minUl, most])).toEqual([
      ['cola', 150_000, 150_000],
      ['milk', 50_000, 50_000],
    ]);
    using mixed = await sealTestDrink(
      world,
      testSource({ steps: [{ pour: { cola: 42, milk: 39, 'orange-juice': 39 }, timing: 'machine' }] }),
    );
    expect(mixed.warnings).toEqual([]);
  });
});

describe('a content key', () => {
  it('seals once', () => {
    using key = ContentKey.fresh(systemEntropy);
    expect(key.takeForSealing()).toHaveLength(32);
    expect(() => key.takeForSealing()).toThrowError(expect.objectContaining({ code: 'recipe/key-reused' }));
  });

  it('does not print itself', () => {
    const fixed = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
    using key = ContentKey.fresh({ bytes: (length) => new Uint8Array(Buffer.from(fixed, 'hex')).slice(0, length) });
    expect(`${String(key)} ${JSON.stringify({ key })}`).toBe('[secret] {"key":"[secret]"}');
    expect(inspect(key, { depth: 5, showHidden: true })).not.toMatch(/204, 221, 238, 255,\s+0, 17/);
  });

  it('is wiped when disposed', () => {
    const key = ContentKey.fresh(systemEntropy);
    const bytes = key.takeForSealing();
    key[Symbol.dispose]();
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(() => key.takeForSealing()).toThrow('wiped');
  });
});

describe('what is published', () => {
  const flow = microlitresPerSecond(5_000);
  const steps = (...all: RecipeSource['steps']) => phasesOf(testSource({ steps: all }));

  it('rounds the most of an ingredient up to quarters of the total', () => {
    const at = (amount: number) => maxUl(amount, 200_000);
    expect([1, 50_000, 50_001, 100_000, 150_000, 150_001, 200_000].map(at)).toEqual([
      50_000, 50_000, 100_000, 100_000, 150_000, 200_000, 200_000,
    ]);
    expect(maxUl(47_876, 191_502)).toBe(47_876);
  });

  it('pads pieces to powers of two with room for check and end', () => {
    expect([1, 6, 7, 14, 15].map(paddedPieceCount)).toEqual([8, 8, 16, 16, 32]);
  });

  it('puts durations and smallest doses in classes', () => {
    expect(boundsOf(steps({ pour: { milk: 100, cola: 5 }, timing: 'together' }), flow)).toEqual({
      total_ul: 105_000,
      duration_ms: 45_000,
      parallel: 2,
      min_dose: 5_000,
    });
    const inTurn = steps({ pour: { milk: 100, cola: 50 }, timing: 'one_after_other', pause_s: 10 }, { manual: 'stir' });
    expect(boundsOf(inTurn, flow)).toEqual({ total_ul: 150_000, duration_ms: 90_000, parallel: 1, min_dose: 20_000 });
    const pours = (milk: number) => boundsOf(steps({ pour: { milk }, timing: 'machine' }), flow).min_dose;
    expect([5, 9.5, 10, 19.5, 20, 300].map(pours)).toEqual([5_000, 5_000, 10_000, 10_000, 20_000, 20_000]);
  });

  it('refuses what takes longer than any class, or doses below every class', () => {
    const pause = { pause_s: 60 };
    const code = 'recipe/source-invalid';
    const long = steps({ pour: { milk: 100 }, timing: 'machine' }, ...Array.from({ length: 40 }, () => pause));
    expect(() => boundsOf(long, flow)).toThrowError(expect.objectContaining({ code }));
    const dash = steps({ pour: { milk: 4.5 }, timing: 'machine' });
    expect(() => boundsOf(dash, flow)).toThrowError(expect.objectContaining({ code }));
  });

  it('labels by ingredients, each figure rounded up, exact steps as they are', () => {
    const label = (ids: string[], amounts: number[]) => labelOf(ids, amounts, fewIngredients);
    // 40 % in a fifth: exactly 8 %
    expect(label(['vodka', 'cola'], [40_000, 160_000])).toEqual({ allergens: [], abv: 8, kcal: 200, caffeine: 20 });
    expect(label(['vodka', 'cola'], [40_100, 159_900]).abv).toBe(10);
    expect(label(['cola'], [200_000]).caffeine).toBe(20);
    const tea = { ...ingredientOf(fewIngredients, 'cola'), kcal: null, caffeine: null };
    const more = new Map([...fewIngredients, ['tea', tea] as const]);
    expect(labelOf(['tea', 'milk'], [1, 1], more)).toMatchObject({ kcal: null, caffeine: null, allergens: ['milk'] });
  });

  it('knows the class beverage and no other', () => {
    expect(beverage).toMatchObject({ recordBytes: 64, innerBytes: 96, pieceBytes: 128 });
    expect([machineClassOf('beverage'), machineClassOf('mill')]).toEqual([beverage, null]);
  });
});

describe('a class key’s certificate', () => {
  let maker: PaperParty;
  beforeAll(async () => {
    maker = await paperClassKey();
  });

  it('is taken under the maker’s root, with class and epoch', () => {
    const anchors = trustIn({ 'class-key': maker });
    expect(readClassKey([maker.leaf], anchors, today)).toEqual({ class: 'demo-mixer', epoch: 1, spki: maker.spki });
  });

  it('is refused under any other root, for another role, or without class and epoch', async () => {
    const other = await paperClassKey();
    const author = await paperParty('author', 'Ada Author');
    const bare = await paperParty('class-key', 'demo-mixer');
    const code = 'recipe/not-authentic';
    for (const [party, anchors] of [
      [maker, trustIn({ 'class-key': other })],
      [maker, trustIn({ author: maker })],
      [author, trustIn({ 'class-key': author })],
      [bare, trustIn({ 'class-key': bare })],
    ] as const) {
      expect(() => readClassKey([party.leaf], anchors, today)).toThrowError(expect.objectContaining({ code }));
    }
  });
});

describe('a recipe source', () => {
  const text = (changes: string) => `
slug: x
recipe_id: 000102030405060708090a0b0c0d0e0f
version: 1
name: {de: x, en: x}
description: {de: x, en: x}
glass: {kind: mug, volume_ml: 300}
accent: '#aabbcc'
price_sat: 1
${changes}`;

  it('has defaults where the author says nothing', () => {
    const source = readSource(text('steps: [{pour: {milk: 7.5}}]'));
    expect(source).toMatchObject({
      machine_class: 'beverage',
      min_profile: 'H',
      min_runtime: '0.1.0',
      glass: { ice: 'none' },
      steps: [{ timing: 'machine' }],
    });
  });

  it.each([
    ['steps: [{pour: {milk: 7.3}}]', { line: 10, at: 'steps.0.pour.milk' }],
    ['steps: [{pour: {}}]', { line: 10 }],
    ['steps:\n  - pour: {milk: 50}\n  - pause_s: -1', { line: 12 }],
    ['steps: [{pour: {milk: 50}}]\nsecret: 1', { line: 1 }],
    ['steps: [{pour: {milk: 50, milk: 60}}]', { line: 10 }],
    ['steps: [{pour: {a: 5, b: 5, c: 5, d: 5, e: 5, f: 5, g: 5}}]', { line: 10 }],
    ['steps: [{pour: {milk: 50}', {}],
  ])('is refused with the line of its mistake: %s', (changes, facts) => {
    let thrown: unknown;
    try {
      readSource(text(changes));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'recipe/source-invalid', facts });
  });
});
