import type { Entropy } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { encodeEncrypt0 } from '#wire/cose-encrypt0.ts';
import { ContentKey } from './content-key.ts';
import { type LayerName, partialIvOf, pieceAad, pieceNonce } from './piece-binding.ts';
import type { CheckedRecipe } from './record-layout.ts';
import type { SealCrypto } from './seal-crypto.ts';

/** One layer of one recipe version while it is sealed. */
export interface SealingLayer {
  readonly name: LayerName;
  readonly key: ContentKey;
  readonly baseIv: Uint8Array;
}

/** Both layers; disposing them wipes both keys. */
export interface SealingLayers extends Disposable {
  readonly mfr: SealingLayer;
  readonly lic: SealingLayer;
}

/** Fresh keys and IVs for one recipe version. @throws Failure `recipe/key-reused` when the entropy repeats itself */
export function freshLayers(entropy: Entropy): SealingLayers {
  const mfr = ContentKey.fresh(entropy);
  const lic = ContentKey.fresh(entropy);
  const wipe = (): void => {
    mfr[Symbol.dispose]();
    lic[Symbol.dispose]();
  };
  if (lic.equals(mfr)) {
    wipe();
    throw new Failure('recipe/key-reused');
  }
  return {
    mfr: { name: 'mfr', key: mfr, baseIv: freshBaseIv(entropy) },
    lic: { name: 'lic', key: lic, baseIv: freshBaseIv(entropy) },
    [Symbol.dispose]: wipe,
  };
}

/**
 * Seals records one by one, licence layer inside, manufacturer layer outside. The keys are taken for this recipe only.
 * @throws Failure `recipe/key-reused` for layers that sealed a recipe before
 */
export function pieceSealer(
  layers: SealingLayers,
  { recipeId, version, pieceCount }: CheckedRecipe,
  crypto: SealCrypto,
): (index: number, record: Uint8Array) => Promise<Uint8Array> {
  const keys = { lic: layers.lic.key.takeForSealing(), mfr: layers.mfr.key.takeForSealing() };
  const sealLayer = async ({ name: layer, baseIv }: SealingLayer, index: number, plaintext: Uint8Array) => {
    const final = index === pieceCount - 1;
    const aad = pieceAad({ recipeId, version, layer, index, final });
    const ciphertext = await crypto.encrypt(keys[layer], pieceNonce(baseIv, index, final), aad, plaintext);
    return encodeEncrypt0({ algorithm: 'A256GCM', partialIv: partialIvOf(index, final), ciphertext });
  };
  return async (index, record) => sealLayer(layers.mfr, index, await sealLayer(layers.lic, index, record));
}

/** 7 random bytes, then 5 zeros for the Partial IV. */
function freshBaseIv(entropy: Entropy): Uint8Array {
  const iv = new Uint8Array(12);
  iv.set(entropy.bytes(7));
  return iv;
}
