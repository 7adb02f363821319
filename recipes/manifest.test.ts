import { beforeAll, describe, expect, it } from 'vitest';
import { instant } from '#shared/units.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type PaperParty, paperClassKey, paperParty, today, trustIn } from '#tests/support/recipe-people.ts';
import {
  fewIngredients,
  type RecipeWorld,
  recipeWorld,
  sealTestDrink,
  testSource,
  unwrap,
} from '#tests/support/sealed-drink.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { decodeSign1, encodeSign1 } from '#wire/cose-sign1.ts';
import { sha256 } from '#wire/signed-message.ts';
import { type Manifest, manifestItem, peekManifest, readManifest, recipeName, recipientFor } from './manifest.ts';
import { manifestType } from './manifest-schema.ts';
import { nodeSealCrypto } from './node-seal-crypto.ts';
import { sealRecipe } from './seal.ts';

describe('the manifest of a sealed recipe', () => {
  let world: RecipeWorld;
  let item0: Uint8Array;
  let honest: Manifest;

  beforeAll(async () => {
    world = await recipeWorld();
    using sealed = await sealTestDrink(world);
    item0 = manifestItem(sealed.file);
    honest = sealed.manifest;
  });

  const signed = (content: unknown, by: PaperParty = world.author, type = manifestType) =>
    encodeSign1(type, encodeCbor(content), by.signer);
  const read = (item: Uint8Array, at = today) => readManifest(item, world.anchors, at);

  it('is the author’s word, with the digest that licences name it by', () => {
    const manifest = read(item0);
    expect(manifest).toMatchObject(honest);
    expect(manifest.signedBy).toMatchObject({ role: 'author', name: 'Ada Author' });
    expect(manifest.length).toBe(item0.length);
    expect(recipeName(manifest)).toBe('000102030405060708090a0b0c0d0e0f');
    expect(peekManifest(item0).digest).toEqual(manifest.digest);
  });

  it('is encoded deterministically: reading and encoding again gives the same bytes', () => {
    const { payload } = decodeSign1(item0, item0.length);
    expect(encodeCbor(decodeCbor(payload, payload.length))).toEqual(payload);
    expect(encodeCbor(honest)).toEqual(payload);
  });

  it('is refused from another type of message, a stranger, or somebody of another role', async () => {
    const code = 'recipe/not-authentic';
    const stranger = await paperParty('author', 'Ada Author');
    const catalogue = await paperParty('catalogue', 'Ada Author');
    const items = [
      await signed(honest, world.author, 'application/decant-offer+cbor'),
      await signed(honest, stranger),
      await signed(honest, catalogue),
    ];
    const anchors = { ...world.anchors, ...trustIn({ catalogue }) };
    for (const item of items) {
      expect(() => readManifest(item, anchors, today)).toThrowError(expect.objectContaining({ code }));
    }
  });

  it('is refused when it names another author than its certificate', async () => {
    const item = await signed({ ...honest, author: 'Somebody Else' });
    expect(() => read(item)).toThrowError(expect.objectContaining({ code: 'recipe/not-authentic' }));
  });

  it('is refused when the certificates are not valid at that time', () => {
    for (const at of [Date.UTC(2024, 0, 1), Date.UTC(2027, 0, 1)]) {
      expect(() => read(item0, instant(at))).toThrowError(expect.objectContaining({ code: 'recipe/not-authentic' }));
    }
  });

  const [mfr, lic] = [{}, {}] as [Partial<Manifest['layers'][0]>, Partial<Manifest['layers'][1]>];
  const layersWith = (outer = mfr, inner = lic) => [
    { ...honest.layers[0], ...outer },
    { ...honest.layers[1], ...inner },
  ];

  it.each<[string, () => Record<string, unknown>]>([
    ['of another format', () => ({ fmt: 'tdr2' })],
    ['with a field that nobody knows', () => ({ surprise: 1 })],
    ['with a critical extension', () => ({ ext: { 'x-new': 1 }, crit: ['x-new'] })],
    ['with a critical extension that is absent', () => ({ crit: ['x-new'] })],
    ['with an id of 15 bytes', () => ({ recipe_id: new Uint8Array(15) })],
    ['of version 0', () => ({ version: 0 })],
    ['without ingredients', () => ({ ingredients: [] })],
    ['with an ingredient twice', () => ({ ingredients: [1, 2].map(() => ({ id: 'cola', max_ul: 95_750 })) })],
    ['with more of one than of all', () => ({ ingredients: [{ id: 'cola', max_ul: 191_501 }] })],
    ['whose total cannot be reached', () => ({ ingredients: [{ id: 'cola', max_ul: 191_499 }] })],
    ['with more lines at once than ingredients', () => ({ bounds: { ...honest.bounds, parallel: 5 } })],
    ['with a smallest dose between the classes', () => ({ bounds: { ...honest.bounds, min_dose: 7_000 } })],
    ['with alcohol between the classes', () => ({ label: { ...honest.label, abv: 9 } })],
    ['with an allergen twice', () => ({ label: { ...honest.label, allergens: ['milk', 'milk'] } })],
    ['with pieces without end', () => ({ piece_count: 2 ** 32 })],
    ['with one layer', () => ({ layers: layersWith().slice(0, 1) })],
    ['with its layers swapped', () => ({ layers: layersWith().reverse() })],
    [
      'with an IV that ends in anything but zeros',
      () => ({ layers: layersWith({ base_iv: new Uint8Array(12).fill(1) }) }),
    ],
    ['with another algorithm', () => ({ layers: layersWith({}, { alg: 1 as never }) })],
    ['with one key for both layers', () => ({ layers: layersWith({}, { key_id: honest.layers[0].key_id }) })],
    ['without a key for its class', () => ({ class_key: new Uint8Array(32) })],
  ])('is refused %s', async (_, changes) => {
    const item = await signed({ ...honest, ...changes() });
    expect(() => read(item)).toThrowError(expect.objectContaining({ code: 'recipe/malformed' }));
    expect(() => peekManifest(item)).toThrowError(expect.objectContaining({ code: 'recipe/malformed' }));
  });

  it('says which machines may hold its keys, in the word of its author', async () => {
    expect(honest.min_profile).toBe('H');
    using lenient = await sealTestDrink(world, testSource({ min_profile: 'S' }));
    expect(lenient.manifest.min_profile).toBe('S');
    const { min_profile, ...silent } = honest;
    expect(min_profile).toBe('H');
    const item = await signed(silent);
    expect(() => read(item)).toThrowError(expect.objectContaining({ code: 'recipe/malformed' }));
  });

  it('is opened by the newest epoch of its class key that a machine holds', async () => {
    const older = await paperClassKey();
    const { author, classKey } = world;
    const order = { source: testSource(), ingredients: fewIngredients, authorName: author.name, author: author.signer };
    const more = { now: today, entropy: systemEntropy, crypto: nodeSealCrypto };
    using sealed = await sealRecipe({ ...order, ...more, classKey: classKey.spki, olderClassKeys: [older.spki] });
    const [kidNew, kidOld] = [classKey, older].map(({ spki }) => sha256(spki));
    if (kidNew === undefined || kidOld === undefined) throw new RangeError('two');
    const { manifest } = sealed;
    expect(read(manifestItem(sealed.file)).class_key).toEqual(kidNew);
    const stranger = new Uint8Array(32).fill(5);
    expect(recipientFor(manifest, [stranger, kidNew, kidOld])?.kid).toEqual(kidNew);
    expect(recipientFor(manifest, [kidOld])?.kid).toEqual(kidOld);
    expect(recipientFor(manifest, [stranger])).toBeNull();
    expect(recipientFor(manifest, [])).toBeNull();
    const keys = [
      unwrap(classKey, recipientFor(manifest, [kidNew])?.key ?? stranger),
      unwrap(older, recipientFor(manifest, [kidOld])?.key ?? stranger),
    ];
    expect(keys[0]).toEqual(keys[1]);
    await expect(
      sealRecipe({ ...order, ...more, classKey: classKey.spki, olderClassKeys: [classKey.spki] }),
    ).rejects.toThrow('a class key stands twice');
  });

  it('carries extensions that are not critical', async () => {
    const item = await signed({ ...honest, ext: { 'x-new': [1, 'two'] } });
    expect(read(item).ext).toEqual({ 'x-new': [1, 'two'] });
  });

  it('is refused above 64 KiB', async () => {
    const item = await signed({ ...honest, ext: { long: 'x'.repeat(66_000) } });
    expect(() => read(item)).toThrowError(expect.objectContaining({ code: 'recipe/malformed' }));
    expect(() => manifestItem(item)).toThrowError(expect.objectContaining({ code: 'recipe/malformed' }));
  });
});
