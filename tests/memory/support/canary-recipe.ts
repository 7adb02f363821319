import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DemoPlace } from '#cli/demo/demo-place.ts';
import { readClassKey } from '#recipes/class-key.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { readSampleIngredients } from '#recipes/samples.ts';
import { type SealedRecipe, sealRecipe } from '#recipes/seal.ts';
import type { RecipeSource } from '#recipes/source.ts';
import type { Entropy } from '#shared/entropy.ts';
import { hex } from '#shared/entropy.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import type { Person } from '#tests/support/marketplace/people.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import type { CanaryPhase } from './canary-phases.ts';

const recipes = systemDisk(fileURLToPath(new URL('../../../recipes', import.meta.url)));

/** A sealed recipe of which a test knows everything. */
export interface CanaryRecipe {
  readonly phases: readonly CanaryPhase[];
  readonly source: RecipeSource;
  readonly sealed: SealedRecipe;
  /** Both content keys, manufacturer's first. */
  readonly contentKeys: readonly Uint8Array[];
}

/** Seals the phases for the machine at `place`. */
export async function canaryRecipe(
  phases: readonly CanaryPhase[],
  place: DemoPlace,
  author: Pick<Person, 'name' | 'signer'>,
  anchors: TrustAnchors,
): Promise<CanaryRecipe> {
  const certificate = new Uint8Array(await readFile(join(place.maker, 'certificates', 'class-demo-mixer-1.der')));
  const contentKeys: Uint8Array[] = [];
  const entropy: Entropy = {
    bytes(count) {
      const bytes = systemEntropy.bytes(count);
      if (count === 32) contentKeys.push(Uint8Array.from(bytes));
      return bytes;
    },
  };
  const source = sourceOf(phases);
  const sealed = await sealRecipe({
    source,
    ingredients: await readSampleIngredients(recipes),
    authorName: author.name,
    author: author.signer,
    classKey: readClassKey([certificate], anchors, systemClock.now()).spki,
    now: systemClock.now(),
    entropy,
    crypto: nodeSealCrypto,
  });
  return { phases, source, sealed, contentKeys };
}

function sourceOf(phases: readonly CanaryPhase[]): RecipeSource {
  return {
    slug: 'canary',
    recipe_id: hex(systemEntropy.bytes(16)),
    version: 1,
    name: { en: 'Canary', de: 'Kanarienvogel' },
    description: { en: 'Nobody knows what is in it.', de: 'Niemand weiß, was darin ist.' },
    machine_class: 'beverage',
    min_runtime: '0.1.0',
    glass: { kind: 'jar', volume_ml: 1000, ice: 'none' },
    accent: '#ffd700',
    price_sat: 900,
    min_profile: 'H',
    steps: phases.map(({ timing, doses }) => ({
      timing,
      pour: Object.fromEntries(doses.map(({ ingredient, amountUl }) => [ingredient, amountUl / 1000])),
    })),
  };
}
