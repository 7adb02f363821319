import { manifestItem, maxManifestBytes, peekManifest } from '#recipes/manifest.ts';
import { manifestType } from '#recipes/manifest-schema.ts';
import { inMemory, openSealedFile } from '#recipes/sealed-file.ts';
import { today } from '#tests/support/recipe-people.ts';
import { recipeWorld, sealTestDrink } from '#tests/support/sealed-drink.ts';
import { decodeSign1, encodeSign1 } from '#wire/cose-sign1.ts';
import { seedsOf } from '../corpus.ts';
import type { Target } from '../fuzz.ts';

/** What anybody may hand over as the public part of a recipe, its signature not yet looked at. */
export function manifestTarget(): Target {
  return {
    name: 'manifest',
    seeds: seedsOf('manifest'),
    codes: ['recipe/malformed'],
    feed(bytes) {
      peekManifest(manifestItem(bytes));
      return true;
    },
  };
}

/** Payloads that an author did sign: what is behind the signature is not trusted either. */
export async function signedManifestTarget(): Promise<Target> {
  const world = await recipeWorld();
  const { file } = await sealTestDrink(world);
  const item = manifestItem(file);
  const body = file.subarray(item.length);
  return {
    name: 'manifest that its author signed',
    seeds: [decodeSign1(item, maxManifestBytes).payload],
    codes: ['recipe/malformed', 'recipe/not-authentic', 'recipe/wrong-class', 'recipe/digest-mismatch'],
    async feed(payload) {
      const signed = await encodeSign1(manifestType, payload, world.author.signer);
      const sealed = await openSealedFile(inMemory(Buffer.concat([signed, body])), world.anchors, today);
      await sealed.verifyBody();
      return true;
    },
  };
}
