import { parse } from 'yaml';
import { z } from 'zod';
import { Failure } from '#shared/failure.ts';
import { allergen, localText } from '#wire/screen-api.ts';
import { ingredientId } from './manifest-schema.ts';

/** What is publicly known of an ingredient; amounts in a recipe turn it into the label. */
export const ingredientSchema = z.strictObject({
  name: localText,
  /** Percent by volume. */
  abv: z.number().min(0).max(96),
  /** Per 100 ml; null when unknown, and then the drink's is unknown too. */
  kcal: z.number().min(0).max(900).nullable(),
  /** Milligrams per 100 ml. */
  caffeine: z.number().min(0).max(300).nullable(),
  allergens: z.array(allergen).max(14),
  /** Grams per millilitre, for a load cell. */
  density: z.number().min(0.7).max(1.6),
  /** How it looks in a glass. */
  colour: z.string().regex(/^#[0-9a-f]{6}$/),
});

export type Ingredient = z.infer<typeof ingredientSchema>;
export type IngredientCatalogue = ReadonlyMap<string, Ingredient>;

/** The ingredients in a YAML text; @throws Failure `recipe/source-invalid`. */
export function readIngredients(text: string): IngredientCatalogue {
  const parsed = z.record(ingredientId, ingredientSchema).safeParse(parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Failure('recipe/source-invalid', { at: issue?.path.join('.') ?? '', reason: issue?.message ?? '' });
  }
  return new Map(Object.entries(parsed.data));
}

/** @throws Failure `recipe/source-invalid` when the catalogue has no such ingredient. */
export function ingredientOf(catalogue: IngredientCatalogue, id: string): Ingredient {
  const found = catalogue.get(id);
  if (found === undefined) throw new Failure('recipe/source-invalid', { at: id, reason: 'unknown ingredient' });
  return found;
}
