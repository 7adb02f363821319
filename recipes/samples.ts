import type { Disk } from '#shared/disk.ts';
import { Failure } from '#shared/failure.ts';
import { type IngredientCatalogue, readIngredients } from './ingredients.ts';
import { type RecipeSource, readSource } from './source.ts';

/** A recipe in the clear with its picture, as the sample drinks lie in `samples/SLUG/`. */
export interface SampleDrink {
  readonly source: RecipeSource;
  /** SVG, viewBox 0 0 400 500. */
  readonly picture: Uint8Array;
}

const text = new TextDecoder('utf-8', { fatal: true });

/**
 * The sample drinks by slug; `disk` has this folder (`recipes/`) as its root.
 * @throws Failure `recipe/source-invalid`, `disk/failed`
 */
export async function readSamples(disk: Disk): Promise<SampleDrink[]> {
  const slugs = await disk.list('samples');
  return Promise.all(
    slugs.map(async (slug) => {
      const source = readSource(text.decode(await need(disk, `samples/${slug}/recipe.yaml`)));
      if (source.slug !== slug) throw new Failure('recipe/source-invalid', { at: 'slug', reason: `not ${slug}` });
      return { source, picture: await need(disk, `samples/${slug}/picture.svg`) };
    }),
  );
}

/** The ingredients that the samples are made of, from the same folder. */
export async function readSampleIngredients(disk: Disk): Promise<IngredientCatalogue> {
  return readIngredients(text.decode(await need(disk, 'ingredients.yaml')));
}

async function need(disk: Disk, path: string): Promise<Uint8Array> {
  const bytes = await disk.read(path);
  if (bytes === null) throw new Failure('recipe/source-invalid', { at: path, reason: 'missing' });
  return bytes;
}
