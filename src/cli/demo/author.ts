import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Maker } from '#maker/maker.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { readClassKey } from '#recipes/class-key.ts';
import { readSampleIngredients, readSamples, type SampleDrink } from '#recipes/samples.ts';
import { type SealedRecipe, sealRecipe, wrapForDeposit } from '#recipes/seal.ts';
import type { HttpsClient } from '#desk/marketplace/https-client.ts';
import { requireOk } from '#desk/marketplace/problem.ts';
import type { Disk } from '#shared/disk.ts';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type Role, spkiOf, verifyChain } from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import { sealMessage, sha256 } from '#wire/signed-message.ts';

/** The author of the sample drinks: a key of their own, certified by the authors' CA. */
export interface DemoAuthor {
  readonly name: string;
  readonly signer: Signer;
}

const name = 'Decant sample bar';
const samplesDisk = systemDisk(fileURLToPath(new URL('../../../recipes', import.meta.url)));

/** The author's key and certificate below `disk`, made at the first call. */
export async function demoAuthor(disk: Disk, maker: Maker): Promise<DemoAuthor> {
  const key = await ownKey(disk);
  const before = await disk.read('certificate.der');
  const certificate = before ?? (await maker.certifyAuthor(name, spkiOf(createPublicKey(key))));
  if (before === null) await disk.replace('certificate.der', certificate);
  const signer: Signer = {
    algorithm: 'ES256',
    chain: [certificate],
    sign: (message) => Promise.resolve(new Uint8Array(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }))),
  };
  return { name, signer };
}

async function ownKey(disk: Disk): Promise<KeyObject> {
  const before = await disk.read('author-key.pem');
  if (before !== null) return createPrivateKey(Buffer.from(before));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await disk.replace('author-key.pem', Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })));
  return privateKey;
}

export interface Publishing {
  readonly author: DemoAuthor;
  readonly maker: Maker;
  /** The class for whose machines the drinks are sealed. */
  readonly keyClass: string;
  readonly https: HttpsClient;
  /** The marketplace's CA, DER: it certifies the deposit key. */
  readonly marketplaceCa: Uint8Array;
  /** Called after each drink. */
  onPublished(done: number, of: number): void;
}

/** Seals every sample drink, deposits its licence key with licensing, and lists it. */
export async function publishSamples(publishing: Publishing): Promise<number> {
  const samples = await readSamples(samplesDisk);
  const ingredients = await readSampleIngredients(samplesDisk);
  const { maker, keyClass, https } = publishing;
  const certificate = await maker.classKey(keyClass, 1);
  const { spki: classKey } = readClassKey([certificate], maker.anchors, systemClock.now());
  const depositKey = await fetchDepositKey(https, publishing.marketplaceCa);
  for (const [i, sample] of samples.entries()) {
    await publish(sample, { ingredients, classKey, depositKey }, publishing);
    publishing.onPublished(i + 1, samples.length);
  }
  return samples.length;
}

interface SealingKeys {
  readonly ingredients: Awaited<ReturnType<typeof readSampleIngredients>>;
  readonly classKey: Uint8Array;
  readonly depositKey: Uint8Array;
}

async function publish(sample: SampleDrink, keys: SealingKeys, { author, https }: Publishing): Promise<void> {
  using sealed = await sealRecipe({
    source: sample.source,
    ingredients: keys.ingredients,
    authorName: author.name,
    author: author.signer,
    classKey: keys.classKey,
    now: systemClock.now(),
    entropy: systemEntropy,
    crypto: nodeSealCrypto,
  });
  await publishSealed(sealed, sample, keys, { author, https });
}

/** Uploads a sealed drink, deposits its licence key with licensing, and lists it. */
export async function publishSealed(
  sealed: SealedRecipe,
  { source, picture }: SampleDrink,
  keys: Pick<SealingKeys, 'ingredients' | 'depositKey'>,
  { author, https }: Pick<Publishing, 'author' | 'https'>,
): Promise<void> {
  const named = { recipe: sealed.manifest.recipe_id, version: source.version, manifest: sealed.digest };
  const path = `/v1/recipes/${hex(named.recipe)}/${named.version}/sealed`;
  await send(https, 'PUT', path, sealed.file, 'application/octet-stream');
  const deposit = await sealMessage(
    'DEPOSIT',
    {
      ...named,
      content_key: await wrapForDeposit(sealed.contentKey, keys.depositKey, nodeSealCrypto),
      deposit_key: sha256(keys.depositKey),
      price: source.price_sat,
      min_profile: source.min_profile,
    },
    author.signer,
  );
  await send(https, 'POST', '/v1/deposits', deposit, 'application/cose');
  const names = sealed.manifest.ingredients.map(({ id }) => [id, keys.ingredients.get(id)?.name] as const);
  const listing = await sealMessage(
    'LISTING',
    {
      ...named,
      slug: source.slug,
      name: source.name,
      description: source.description,
      ingredient_names: Object.fromEntries(names.map(([id, local]) => [id, local ?? { de: id, en: id }])),
      accent: source.accent,
      picture,
    },
    author.signer,
  );
  await send(https, 'POST', '/v1/listings', listing, 'application/cose');
}

async function send(https: HttpsClient, method: 'PUT' | 'POST', path: string, body: Uint8Array, type: string) {
  requireOk(await https.request({ method, path, body, headers: { 'content-type': type } }));
}

/** Licensing's public key for deposits, DER SPKI, certified by the marketplace's CA (DER). */
export async function fetchDepositKey(https: HttpsClient, ca: Uint8Array): Promise<Uint8Array> {
  const certificate = requireOk(await https.request({ method: 'GET', path: '/v1/deposit-key' }));
  const role: Role = 'deposit';
  try {
    return spkiOf(verifyChain([certificate], role, { [role]: [ca] }, systemClock.now()).key);
  } catch (error) {
    throw new Failure('message/not-authentic', { reason: 'deposit key' }, error);
  }
}
