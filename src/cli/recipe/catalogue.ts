import { fileURLToPath } from 'node:url';
import { type IngredientCatalogue, readIngredients } from '#recipes/ingredients.ts';
import { readInput } from '../console/files.ts';

const ownList = fileURLToPath(new URL('../../../recipes/ingredients.yaml', import.meta.url));

/** What is publicly known of ingredients: the file that was named, or the project's own list. */
export async function ingredientCatalogue(file: string | undefined): Promise<IngredientCatalogue> {
  return readIngredients(Buffer.from(await readInput(file ?? ownList)).toString('utf8'));
}
