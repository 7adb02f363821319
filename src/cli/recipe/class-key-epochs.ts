import type { ClassKey } from '#recipes/class-key.ts';
import { Failure } from '#shared/failure.ts';

/** A recipe is wrapped to at most so many epochs of its class key, as many as a machine holds. */
const maxEpochs = 3;

/**
 * Epochs of one class key, newest first, as a recipe is sealed for them.
 * @throws Failure `recipe/wrong-class` for keys of two classes; `usage/option-wrong` for none, too many, or one twice
 */
export function classKeyEpochs(keys: readonly ClassKey[]): [ClassKey, ...ClassKey[]] {
  const [newest, ...older] = keys.toSorted((a, b) => b.epoch - a.epoch);
  const epochs = keys.map(({ epoch }) => epoch);
  if (newest === undefined || keys.length > maxEpochs || new Set(epochs).size !== keys.length) {
    throw new Failure('usage/option-wrong', { option: '--class-key', value: epochs.join(', ') });
  }
  const stranger = older.find((key) => key.class !== newest.class);
  if (stranger !== undefined) throw new Failure('recipe/wrong-class', { class: stranger.class });
  return [newest, ...older];
}
