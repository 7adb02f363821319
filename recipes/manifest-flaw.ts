import { sameBytes } from '#shared/entropy.ts';
import type { Manifest } from './manifest-schema.ts';

/** What the schema cannot say: the first contradiction within a manifest, or null. */
export function manifestFlaw(manifest: Manifest): string | null {
  const { ingredients, bounds, layers, class_key: classKey } = manifest;
  const [unknown] = manifest.crit ?? [];
  if (unknown !== undefined) return `critical extension ${unknown} is not understood`;
  if (isRepeated(ingredients.map(({ id }) => id))) return 'an ingredient stands twice';
  if (isRepeated(manifest.label.allergens)) return 'an allergen stands twice';
  if (ingredients.some(({ max_ul }) => max_ul > bounds.total_ul)) return 'an ingredient exceeds the total';
  if (ingredients.reduce((sum, { max_ul }) => sum + max_ul, 0) < bounds.total_ul) return 'the total cannot be reached';
  if (bounds.parallel > ingredients.length) return 'more lines at once than ingredients';
  const [mfr, lic] = layers;
  if (sameBytes(mfr.key_id, lic.key_id)) return 'both layers name one key';
  if (!mfr.recipients.some(({ kid }) => sameBytes(kid, classKey))) return 'no content key for the class key';
  const kids = mfr.recipients.map(({ kid }) => kid.join());
  return isRepeated(kids) ? 'a class key stands twice' : null;
}

function isRepeated(names: readonly string[]): boolean {
  return new Set(names).size !== names.length;
}
