import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { today } from '#tests/support/recipe-people.ts';
import { keysOf, type RecipeWorld, recipeWorld } from '#tests/support/sealed-drink.ts';
import { type IngredientCatalogue, ingredientOf, readIngredients } from './ingredients.ts';
import { nodeSealCrypto } from './node-seal-crypto.ts';
import { openRecipe, pieceBuffers } from './open.ts';
import { amountAt, countOf } from './record.ts';
import { readSampleIngredients, readSamples, type SampleDrink } from './samples.ts';
import { sealRecipe } from './seal.ts';
import { inMemory, openSealedFile } from './sealed-file.ts';
import { softwareOpener } from './software-opener.ts';
import { sourceJsonSchema } from './source.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** The twelve lines of the demo machine. */
const demoStock = [
  'orange-juice',
  'pineapple-juice',
  'cranberry-juice',
  'lime-juice',
  'sugar-syrup',
  'grenadine',
  'coconut-milk',
  'ginger-beer',
  'sparkling-water',
  'cold-brew',
  'milk',
  'mango-nectar',
];

describe('the sample drinks', () => {
  let world: RecipeWorld;
  let samples: SampleDrink[];
  let ingredients: IngredientCatalogue;

  beforeAll(async () => {
    world = await recipeWorld();
    samples = await readSamples(systemDisk(here));
    ingredients = await readSampleIngredients(systemDisk(here));
  });

  const seal = ({ source }: SampleDrink) =>
    sealRecipe({
      source,
      ingredients,
      authorName: world.author.name,
      author: world.author.signer,
      classKey: world.classKey.spki,
      now: today,
      entropy: systemEntropy,
      crypto: nodeSealCrypto,
    });

  it('are at least 16, at most a quarter of them with alcohol, 120 to 300 ml, each in a glass that holds it', async () => {
    expect(samples.length).toBeGreaterThanOrEqual(16);
    let withAlcohol = 0;
    for (const sample of samples) {
      using sealed = await seal(sample);
      const { bounds, label } = sealed.manifest;
      expect(bounds.total_ul, sample.source.slug).toBeGreaterThanOrEqual(120_000);
      expect(bounds.total_ul, sample.source.slug).toBeLessThanOrEqual(300_000);
      expect(bounds.total_ul).toBeLessThan(sample.source.glass.volume_ml * 1000);
      if (label.abv > 0) withAlcohol += 1;
    }
    expect(withAlcohol).toBeGreaterThan(0);
    expect(withAlcohol * 4).toBeLessThanOrEqual(samples.length);
  });

  it('can be made, 12 of them at least, from the twelve lines of the demo machine', () => {
    const possible = samples.filter(({ source }) =>
      source.steps.every((step) => !('pour' in step) || Object.keys(step.pour).every((id) => demoStock.includes(id))),
    );
    expect(possible.length).toBeGreaterThanOrEqual(12);
  });

  it('open again to the amounts of their sources', async () => {
    for (const sample of samples) {
      using sealed = await seal(sample);
      const file = await openSealedFile(inMemory(sealed.file), world.anchors, today);
      using recipe = openRecipe(file, softwareOpener, await keysOf(world, sealed), pieceBuffers(file.machineClass));
      let total = 0;
      for (let index = 0; index < file.manifest.piece_count; index += 1) {
        using piece = await recipe.openPiece(index);
        for (let dose = 0; index > 0 && dose < countOf(piece.record); dose += 1) total += amountAt(piece.record, dose);
      }
      expect(total, sample.source.slug).toBe(file.manifest.bounds.total_ul);
    }
  });

  it('have distinct ids, and pictures that are small, closed in themselves and hold their accent', () => {
    expect(new Set(samples.map(({ source }) => source.recipe_id)).size).toBe(samples.length);
    for (const { source, picture } of samples) {
      const svg = new TextDecoder().decode(picture);
      expect(svg, source.slug).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 400 500">/);
      expect(svg.length, source.slug).toBeLessThan(12 * 1024);
      expect(svg, source.slug).not.toMatch(
        /<(script|image|text|foreignObject|style)\b|\son\w+=|href="(?!#)|url\((?!#)/,
      );
      expect(svg, source.slug).toContain(source.accent);
    }
  });

  it('are refused when a figure or an ingredient is missing', () => {
    expect(() => readIngredients('tea: {name: {de: Tee, en: Tea}}')).toThrowError(
      expect.objectContaining({
        code: 'recipe/source-invalid',
        message: expect.stringContaining('at=tea.abv') as string,
      }),
    );
    expect(() => ingredientOf(ingredients, 'tea')).toThrowError(
      expect.objectContaining({ code: 'recipe/source-invalid' }),
    );
  });

  it('are refused when a file is missing or lies under another name', async () => {
    const disk = systemDisk(here);
    const code = 'recipe/source-invalid';
    const other = { ...disk, list: () => Promise.resolve(['nothing']) };
    await expect(readSamples(other)).rejects.toMatchObject({ code, facts: { at: 'samples/nothing/recipe.yaml' } });
    const moved = { ...other, read: (path: string) => disk.read(path.replace('nothing', 'bora-bora')) };
    await expect(readSamples(moved)).rejects.toMatchObject({ code, facts: { at: 'slug' } });
  });

  it('follow the published schema, which is the one that the sealer checks by', async () => {
    const published = JSON.parse(await readFile(`${here}schema/recipe-source.schema.json`, 'utf8')) as object;
    expect(published, 'run: node recipes/schema/main.ts > recipes/schema/recipe-source.schema.json').toEqual(
      sourceJsonSchema(),
    );
  });
});
