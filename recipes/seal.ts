import { fromHex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { boundsOf, maxUl, paddedPieceCount } from './bounds.ts';
import type { ContentKey } from './content-key.ts';
import type { IngredientCatalogue } from './ingredients.ts';
import { labelOf } from './label.ts';
import { type LeakInterval, leakOf } from './leak.ts';
import { type MachineClass, machineClassOf } from './machine-class.ts';
import { type Phases, phasesOf, writePhase } from './phases.ts';
import type { SealCrypto } from './seal-crypto.ts';
import { type PublicPart, type SealedRecords, type Sealing, sealRecords } from './seal-records.ts';
import type { RecipeSource } from './source.ts';

export interface SealOrder extends Sealing {
  readonly source: RecipeSource;
  readonly ingredients: IngredientCatalogue;
}

/** A sealed drink, and what its author must deposit. Disposing it wipes the content key. */
export interface SealedRecipe extends SealedRecords {
  /** Ingredients whose amount the public fields tell to less than 20 % of the total. */
  readonly warnings: readonly LeakInterval[];
}

/**
 * Seals a drink as its author wrote it.
 * @throws Failure `recipe/source-invalid`, `recipe/wrong-class`, `recipe/key-reused` (the entropy repeats itself)
 */
export async function sealRecipe(order: SealOrder): Promise<SealedRecipe> {
  const { source, ingredients } = order;
  const machineClass = machineClassOf(source.machine_class);
  if (machineClass === null) throw new Failure('recipe/wrong-class', { class: source.machine_class });
  const recipe = phasesOf(source);
  const sealed = await sealRecords({
    ...order,
    machineClass,
    about: publicPartOf(order, recipe, machineClass),
    pieceCount: paddedPieceCount(recipe.phases.length),
    write(index, record) {
      const phase = recipe.phases[index - 1];
      if (phase !== undefined) writePhase(record, phase);
      return phase !== undefined;
    },
  });
  const warnings = leakOf(sealed.manifest, ingredients).filter(({ narrow }) => narrow);
  return { ...sealed, warnings };
}

/** The licence layer's key under RSA-OAEP to licensing's certified deposit key (DER SPKI): `content_key` of a DEPOSIT. */
export function wrapForDeposit(
  contentKey: ContentKey,
  depositKey: Uint8Array,
  crypto: SealCrypto,
): Promise<Uint8Array> {
  return contentKey.wrapTo(depositKey, crypto);
}

function publicPartOf({ source, ingredients }: SealOrder, recipe: Phases, machineClass: MachineClass): PublicPart {
  const bounds = boundsOf(recipe, machineClass.nominalFlow);
  return {
    recipe_id: fromHex(source.recipe_id),
    version: source.version,
    name: source.name.en,
    min_runtime: source.min_runtime,
    min_profile: source.min_profile,
    ingredients: recipe.ingredients.map((id, slot) => ({
      id,
      max_ul: maxUl(recipe.amounts[slot] ?? 0, bounds.total_ul),
    })),
    bounds,
    label: labelOf(recipe.ingredients, recipe.amounts, ingredients),
  };
}
