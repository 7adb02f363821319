import { beforeAll, describe, expect, it } from 'vitest';
import { paperParty } from '#tests/support/recipe-people.ts';
import { fewIngredients, sourceText } from '#tests/support/sealed-drink.ts';
import { type FixedPeople, fixedPeople, judgedAt } from '#tests/support/must-fail/fixed-people.ts';
import { countedEntropy, repeatableCrypto } from '#tests/support/must-fail/repeatable-crypto.ts';
import { unwrapWith } from '#tests/support/must-fail/unwrap-with.ts';
import { ContentKey } from './content-key.ts';
import { nodeSealCrypto } from './node-seal-crypto.ts';
import { type SealOrder, sealRecipe } from './seal.ts';
import type { SealCrypto } from './seal-crypto.ts';
import { sealWithWebCrypto } from './seal-with-web-crypto.ts';
import { readSource } from './source.ts';

const web = sealWithWebCrypto(crypto.subtle);

describe('sealing by Web Crypto', () => {
  let people: FixedPeople;
  beforeAll(async () => {
    people = await fixedPeople();
  });

  /** The same order each time, entropy and signature included. */
  function order(crypto: SealCrypto): SealOrder {
    return {
      source: readSource(sourceText),
      ingredients: fewIngredients,
      authorName: 'Ada Author',
      author: people.author,
      classKey: people.classKey.spki,
      now: judgedAt,
      entropy: countedEntropy('web'),
      crypto,
    };
  }

  it('makes the very file that Node makes of the same source, dice and signature', async () => {
    // RSA-OAEP rolls dice of its own in both, and takes them from us here
    const { wrapKey } = repeatableCrypto(countedEntropy('oaep'));
    using byWeb = await sealRecipe(order({ ...web, wrapKey }));
    using byNode = await sealRecipe(order(repeatableCrypto(countedEntropy('oaep'))));
    expect(Buffer.compare(byWeb.file, byNode.file)).toBe(0);
    expect(byWeb.digest).toEqual(byNode.digest);
  });

  it('wraps a key so that its owner unwraps it', async () => {
    using key = ContentKey.fresh(countedEntropy('key'));
    const wrapped = await key.wrapTo(people.classKey.spki, web);
    expect(wrapped).toHaveLength(256);
    expect(unwrapWith(people.classKey.privateKey, wrapped)).toEqual(key.takeForSealing());
  });

  it('wraps to RSA keys only', async () => {
    const elliptic = await paperParty('deposit', 'Curve');
    using key = ContentKey.fresh(countedEntropy('key'));
    for (const spki of [elliptic.spki, new Uint8Array(9)]) {
      await expect(key.wrapTo(spki, web)).rejects.toMatchObject({ code: 'token/mechanism-missing' });
    }
  });

  it('hashes and encrypts as Node does', async () => {
    const entropy = countedEntropy('bytes');
    const [key, nonce, aad, text] = [32, 12, 40, 4096].map((length) => entropy.bytes(length));
    if (!key || !nonce || !aad || !text) throw new RangeError('four');
    expect(await web.encrypt(key, nonce, aad, text)).toEqual(await nodeSealCrypto.encrypt(key, nonce, aad, text));
    expect(await web.sha256(text)).toEqual(await nodeSealCrypto.sha256(text));
  });
});
