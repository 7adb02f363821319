import { readIngredients } from '#recipes/ingredients.ts';
import { sealRecipe } from '#recipes/seal.ts';
import type { SealCrypto } from '#recipes/seal-crypto.ts';
import { sealWithWebCrypto } from '#recipes/seal-with-web-crypto.ts';
import { readSource } from '#recipes/source.ts';
import { fromHex, hex } from '#shared/entropy.ts';
import { instant } from '#shared/units.ts';

/** What the test sends into the page; bytes as hexadecimal text. */
export interface PageOrder {
  readonly source: string;
  readonly ingredients: string;
  readonly classKey: string;
  readonly chain: readonly string[];
  readonly now: number;
  /** The dice, in the order in which they are asked for. */
  readonly dice: readonly string[];
  /** Whether the test wraps the key, with dice of its own; else the page does. */
  readonly isWrappedOutside: boolean;
}

interface Outside {
  sign(message: string): Promise<string>;
  wrap(spki: string, key: string): Promise<string>;
  sealInPage(order: PageOrder): Promise<string>;
}

const outside = globalThis as unknown as Outside;

/** Seals as an author's page does, and answers the file. */
outside.sealInPage = async (order) => {
  const dice = [...order.dice];
  const web = sealWithWebCrypto(crypto.subtle);
  const wrapKey: SealCrypto['wrapKey'] = async (spki, key) => fromHex(await outside.wrap(hex(spki), hex(key)));
  using sealed = await sealRecipe({
    source: readSource(order.source),
    ingredients: readIngredients(order.ingredients),
    authorName: 'Ada Author',
    author: {
      algorithm: 'ES256',
      chain: order.chain.map(fromHex),
      sign: async (message) => fromHex(await outside.sign(hex(message))),
    },
    classKey: fromHex(order.classKey),
    now: instant(order.now),
    entropy: { bytes: () => fromHex(dice.shift() ?? '') },
    crypto: order.isWrappedOutside ? { ...web, wrapKey } : web,
  });
  return hex(sealed.file);
};
