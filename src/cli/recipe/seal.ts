import { parseArgs } from 'node:util';
import { type ClassKey, readClassKey } from '#recipes/class-key.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { recipeName } from '#recipes/manifest.ts';
import { type SealedRecipe, sealRecipe, wrapForDeposit } from '#recipes/seal.ts';
import { readSource, type RecipeSource } from '#recipes/source.ts';
import { hex } from '#shared/entropy.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { spkiOf, verifyChain } from '#wire/certificate-chain.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { sealMessage, sha256 } from '#wire/signed-message.ts';
import { readDer, readInput, writeOutput } from '../console/files.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, required } from '../console/options.ts';
import { textsFor } from '../texts/texts.ts';
import { type Author, readAuthor } from './author-signer.ts';
import { ingredientCatalogue } from './catalogue.ts';
import { classKeyEpochs } from './class-key-epochs.ts';
import { trustedRoot } from './trusted-root.ts';

const options = {
  output: { type: 'string', short: 'o' },
  'class-key': { type: 'string', multiple: true },
  'maker-root': { type: 'string' },
  fingerprint: { type: 'string' },
  'author-key': { type: 'string' },
  passphrase: { type: 'string' },
  'author-cert': { type: 'string' },
  ingredients: { type: 'string' },
  deposit: { type: 'string' },
  'deposit-key': { type: 'string' },
  'marketplace-root': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

/** `decant recipe seal`: the sealed file, and the DEPOSIT without which no licence can be sold for it. */
export async function sealCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  noMoreThan(1, positionals);
  const source = readSource(Buffer.from(await readInput(required(positionals[0], 'SOURCE'))).toString('utf8'));
  const output = required(values.output, '-o');
  const [classKey, ...older] = await chosenClassKeys(values);
  const author = await readAuthor(
    required(values['author-key'], '--author-key'),
    values.passphrase,
    required(values['author-cert'], '--author-cert'),
  );
  const depositKey = await chosenDepositKey(values);
  using sealed = await sealRecipe({
    source,
    ingredients: await ingredientCatalogue(values.ingredients),
    authorName: author.name,
    author: author.signer,
    classKey: classKey.spki,
    olderClassKeys: older.map(({ spki }) => spki),
    now: systemClock.now(),
    entropy: systemEntropy,
    crypto: nodeSealCrypto,
  });
  // the key first: a sealed file without its key could never be licensed
  if (values.deposit !== undefined) await writeDeposit(values.deposit, depositKey, { sealed, source, author });
  await writeOutput(output, sealed.file);
  tell(sealed, `${classKey.class}, ${[classKey, ...older].map(({ epoch }) => epoch).join(' + ')}`, values);
  return 0;
}

/** The class key's epochs that machines may still hold, newest first. */
async function chosenClassKeys(values: Values): Promise<[ClassKey, ...ClassKey[]]> {
  const files = values['class-key'] ?? [required(undefined, '--class-key')];
  const root = await trustedRoot(required(values['maker-root'], '--maker-root'), values.fingerprint);
  const read = async (file: string): Promise<ClassKey> =>
    readClassKey([await readDer(file)], { 'class-key': [root] }, systemClock.now());
  return classKeyEpochs(await Promise.all(files.map(read)));
}

/** Licensing's certified deposit key; null when nothing is to be deposited. */
async function chosenDepositKey(values: Values): Promise<Uint8Array | null> {
  if (values.deposit === undefined) return null;
  const certificate = await readDer(required(values['deposit-key'], '--deposit-key'));
  const root = await readDer(required(values['marketplace-root'], '--marketplace-root'));
  return spkiOf(verifyChain([certificate], 'deposit', { deposit: [root] }, systemClock.now()).key);
}

interface Deposited {
  readonly sealed: SealedRecipe;
  readonly source: RecipeSource;
  readonly author: Author;
}

async function writeDeposit(
  file: string,
  depositKey: Uint8Array | null,
  { sealed, source, author }: Deposited,
): Promise<void> {
  if (depositKey === null) return;
  const message = await sealMessage(
    'DEPOSIT',
    {
      recipe: sealed.manifest.recipe_id,
      version: source.version,
      manifest: sealed.digest,
      content_key: await wrapForDeposit(sealed.contentKey, depositKey, nodeSealCrypto),
      deposit_key: sha256(depositKey),
      price: source.price_sat,
      min_profile: source.min_profile,
    },
    author.signer,
  );
  await writeOutput(file, message);
}

function tell({ manifest, digest, warnings }: SealedRecipe, classKey: string, values: Values): void {
  const { recipe: words } = textsFor(consoleLanguage());
  for (const { ingredient, minUl, maxUl } of warnings) {
    process.stderr.write(`! ${ingredient}: ${minUl / 1000} – ${maxUl / 1000} ml, ${words.narrow}\n`);
  }
  if (values.deposit === undefined) process.stderr.write(`! ${words.notDeposited}\n`);
  const { name, version, piece_count: pieces } = manifest;
  const told = { recipe: recipeName(manifest), version, name, pieces, manifest: hex(digest) };
  const narrow = warnings.map(({ ingredient }) => ingredient);
  const sentence = fillHoles(words.sealed, { ...told, class: classKey });
  process.stdout.write(`${values.json ? JSON.stringify({ ...told, narrow }) : sentence}\n`);
}
