import type { Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SealOrder, sealRecipe } from '#recipes/seal.ts';
import { inMemory, openSealedFile } from '#recipes/sealed-file.ts';
import { readSource } from '#recipes/source.ts';
import { fromHex, hex } from '#shared/entropy.ts';
import { type FixedPeople, fixedPeople, judgedAt } from '#tests/support/must-fail/fixed-people.ts';
import { countedEntropy, repeatableCrypto } from '#tests/support/must-fail/repeatable-crypto.ts';
import { unwrapWith } from '#tests/support/must-fail/unwrap-with.ts';
import { fewIngredients, ingredientsText, sourceText } from '#tests/support/sealed-drink.ts';
import { openBrowser } from './browser.ts';
import type { PageOrder } from './sealer/page.ts';

const origin = 'https://sealer.test/';

describe('an author who seals in a page', () => {
  let people: FixedPeople;
  let script: string;
  const stack = new AsyncDisposableStack();
  let page: Page;

  beforeAll(async () => {
    people = await fixedPeople();
    script = await bundled();
    const browser = await openBrowser();
    stack.defer(() => browser.close());
    page = await browser.newPage();
    await page.route(origin, (route) =>
      route.fulfill({ contentType: 'text/html', body: `<!doctype html><script type="module">${script}</script>` }),
    );
    const { wrapKey } = repeatableCrypto(countedEntropy('oaep'));
    await page.exposeFunction('wrap', async (spki: string, key: string) =>
      hex(await wrapKey(fromHex(spki), fromHex(key))),
    );
    await page.exposeFunction('sign', async (message: string) => hex(await people.author.sign(fromHex(message))));
    await page.goto(origin);
    await page.waitForFunction('"sealInPage" in globalThis');
  });
  afterAll(() => stack.disposeAsync());

  function seal(isWrappedOutside: boolean): Promise<Uint8Array> {
    const order: PageOrder = {
      source: sourceText,
      ingredients: ingredientsText,
      classKey: hex(people.classKey.spki),
      chain: people.author.chain.map(hex),
      now: judgedAt,
      dice: diceOf(countedEntropy('page')),
      isWrappedOutside,
    };
    return page
      .evaluate(
        (sent) => (globalThis as unknown as { sealInPage(order: object): Promise<string> }).sealInPage(sent),
        order,
      )
      .then(fromHex);
  }

  it('gets the very file that Node makes of the same source, dice and signature', async () => {
    const order: SealOrder = {
      source: readSource(sourceText),
      ingredients: fewIngredients,
      authorName: 'Ada Author',
      author: people.author,
      classKey: people.classKey.spki,
      now: judgedAt,
      entropy: countedEntropy('page'),
      crypto: repeatableCrypto(countedEntropy('oaep')),
    };
    using byNode = await sealRecipe(order);
    const byPage = await seal(true);
    expect(byPage.length).toBeGreaterThan(1024);
    expect(Buffer.compare(byPage, byNode.file)).toBe(0);
  });

  it('wraps the key with the page’s own dice, and the maker’s key opens it', async () => {
    const file = await openSealedFile(inMemory(await seal(false)), people.anchors, judgedAt);
    await file.verifyBody();
    const [recipient] = file.manifest.layers[0].recipients;
    const [, key] = diceOf(countedEntropy('page'));
    expect(hex(unwrapWith(people.classKey.privateKey, recipient?.key ?? new Uint8Array(0)))).toBe(key);
  });
});

/** What sealing asks for: of each layer id and key, then both base IVs. */
function diceOf(entropy: ReturnType<typeof countedEntropy>): string[] {
  return [16, 32, 16, 32, 7, 7].map((length) => hex(entropy.bytes(length)));
}

/** The page's script, one file. */
async function bundled(): Promise<string> {
  const entry = new URL('sealer/page.ts', import.meta.url).pathname;
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, target: 'es2022', rolldownOptions: { input: entry } },
  });
  const [output] = [built].flat();
  if (output === undefined || !('output' in output)) throw new TypeError('nothing was built');
  return output.output[0].code;
}
