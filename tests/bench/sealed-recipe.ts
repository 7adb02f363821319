import { SecureBuffer } from '#hsm/secure-buffer.ts';
import type { Token } from '#hsm/token.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { type OpenRecipe, openRecipe, pieceBufferBytes } from '#recipes/open.ts';
import { sealRecipe, wrapForDeposit } from '#recipes/seal.ts';
import { inMemory, openSealedFile } from '#recipes/sealed-file.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { paperParty, today, trustIn } from '#tests/support/recipe-people.ts';
import { fewIngredients, testSource } from '#tests/support/sealed-drink.ts';

/** A drink sealed to two keys of this token, and opened with them as a cell does it. */
export async function sealing(
  token: Token,
): Promise<{ readonly recipe: OpenRecipe; readonly pieces: number; readonly pieceBytes: number } & AsyncDisposable> {
  const author = await paperParty('author', 'Ada Author');
  const classKey = await token.generateUnwrapKey('class', 2048);
  const prekey = await token.generateUnwrapKey('prekey', 2048);
  using sealed = await sealRecipe({
    source: testSource(),
    ingredients: fewIngredients,
    authorName: author.name,
    author: author.signer,
    classKey,
    now: today,
    entropy: systemEntropy,
    crypto: nodeSealCrypto,
  });
  const file = await openSealedFile(inMemory(sealed.file), trustIn({ author }), today);
  const wrapped = await wrapForDeposit(sealed.contentKey, prekey, nodeSealCrypto);
  await using stack = new AsyncDisposableStack();
  const job = stack.use(token.openJob());
  const [outer] = file.manifest.layers[0].recipients;
  const keys = {
    mfr: await job.unwrapContentKey('class', outer?.key ?? new Uint8Array(0)),
    lic: await job.unwrapContentKey('prekey', wrapped),
  };
  const bytes = pieceBufferBytes(file.machineClass);
  const inner = stack.use(new SecureBuffer(bytes.inner));
  const record = stack.use(new SecureBuffer(bytes.record));
  const recipe = stack.use(openRecipe(file, job, keys, { inner: inner.bytes, record: record.bytes }));
  const held = stack.move();
  const { piece_count: pieces, piece_len: pieceBytes } = file.manifest;
  return { recipe, pieces, pieceBytes, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
