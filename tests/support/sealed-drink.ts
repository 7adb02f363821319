import { constants, privateDecrypt } from 'node:crypto';
import { type IngredientCatalogue, readIngredients } from '#recipes/ingredients.ts';
import type { Manifest } from '#recipes/manifest.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import type { LayerKeys } from '#recipes/open.ts';
import { type SealedRecipe, sealRecipe, wrapForDeposit } from '#recipes/seal.ts';
import { type RecipeSource, readSource } from '#recipes/source.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type PaperParty, paperClassKey, paperParty, today, trustIn } from './recipe-people.ts';

/** An author, a class key, and trust in both. */
export async function recipeWorld() {
  const author = await paperParty('author', 'Ada Author');
  const classKey = await paperClassKey();
  return { author, classKey, anchors: trustIn({ author, 'class-key': classKey }) };
}

export type RecipeWorld = Awaited<ReturnType<typeof recipeWorld>>;

export const ingredientsText = `
orange-juice: {name: {de: Orangensaft, en: Orange juice}, abv: 0, kcal: 45, caffeine: 0, allergens: [], density: 1.04, colour: '#f4a020'}
milk: {name: {de: Milch, en: Milk}, abv: 0, kcal: 64, caffeine: 0, allergens: [milk], density: 1.03, colour: '#f6f2e8'}
cola: {name: {de: Cola, en: Cola}, abv: 0, kcal: 42, caffeine: 10, allergens: [], density: 1.04, colour: '#3a1c10'}
vodka: {name: {de: Wodka, en: Vodka}, abv: 40, kcal: 222, caffeine: 0, allergens: [], density: 0.94, colour: '#f4f8fa'}
`;
export const fewIngredients: IngredientCatalogue = readIngredients(ingredientsText);

export const sourceText = `
slug: test-drink
recipe_id: 000102030405060708090a0b0c0d0e0f
version: 3
name: {de: Probe, en: Test drink}
description: {de: Zum Prüfen., en: To try.}
glass: {kind: highball, volume_ml: 300}
accent: '#f4a020'
steps:
  - pour: {orange-juice: 61.5, vodka: 40}
    timing: same_end
    pause_s: 1
  - manual: add-ice
  - pause_s: 2
  - pour: {cola: 70, milk: 20}
price_sat: 900
`;

/** The test drink with changes. */
export function testSource(changes: Partial<RecipeSource> = {}): RecipeSource {
  return { ...readSource(sourceText), ...changes };
}

/** The drink sealed, with fresh keys. */
export function sealTestDrink(world: RecipeWorld, source = testSource()): Promise<SealedRecipe> {
  const { author, classKey } = world;
  return sealRecipe({
    source,
    ingredients: fewIngredients,
    authorName: author.name,
    author: author.signer,
    classKey: classKey.spki,
    now: today,
    entropy: systemEntropy,
    crypto: nodeSealCrypto,
  });
}

/** Both content keys in the clear, as the tokens of machine and licensing unwrap them. */
export async function keysOf(world: RecipeWorld, sealed: SealedRecipe): Promise<LayerKeys<Uint8Array>> {
  const wrapped = await wrapForDeposit(sealed.contentKey, world.classKey.spki, nodeSealCrypto);
  return { mfr: manufacturerKey(world.classKey, sealed.manifest), lic: unwrap(world.classKey, wrapped) };
}

export function unwrap(party: PaperParty, wrapped: Uint8Array): Uint8Array {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return new Uint8Array(privateDecrypt({ key: party.privateKey, padding, oaepHash: 'sha1' }, wrapped));
}

function manufacturerKey(classKey: PaperParty, manifest: Manifest): Uint8Array {
  return unwrap(classKey, manifest.layers[0].recipients[0]?.key ?? new Uint8Array());
}
