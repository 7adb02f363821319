import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEscrow } from '#hsm/escrow.ts';
import { type Broker, Courier } from '#marketplace/courier/courier.ts';
import type { Database } from '#marketplace/database/database.ts';
import { migrate } from '#marketplace/database/migrate.ts';
import { openPglite } from '#marketplace/database/pglite-database.ts';
import { MarketplaceIdentity } from '#marketplace/identity.ts';
import type { LicensingPolicy } from '#marketplace/licensing/ports.ts';
import { type MarketplaceServices, makeServices } from '#marketplace/services.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { type SealedRecipe, sealRecipe, wrapForDeposit } from '#recipes/seal.ts';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { satoshi } from '#shared/units.ts';
import { fewIngredients, testSource } from '#tests/support/sealed-drink.ts';
import { softTokens } from '#tests/support/soft-token.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import { parseCertificate, spkiOf } from '#wire/certificate-chain.ts';
import { sealMessage, sha256 } from '#wire/signed-message.ts';
import { type PaperCa, type Person, paperCa, paperMachine, person, startOfTest } from './people.ts';

/** A broker that can be cut off, and remembers what it took. */
export class ScriptedBroker implements Broker {
  readonly taken: { topic: string; payload: Uint8Array }[] = [];
  reachable = true;
  readonly #listeners: (() => void)[] = [];

  publish(topic: string, payload: Uint8Array): Promise<void> {
    if (!this.reachable) return Promise.reject(new Failure('broker/unreachable', {}));
    this.taken.push({ topic, payload });
    return Promise.resolve();
  }

  onConnected(listener: () => void): void {
    this.#listeners.push(listener);
  }

  comeBack(): void {
    this.reachable = true;
    for (const listener of this.#listeners) listener();
  }
}

/** A whole marketplace without its gateway: real token, embedded database, people with keys in memory. */
export interface TestWorld extends AsyncDisposable {
  readonly clock: SteppedClock;
  readonly database: Database;
  readonly broker: ScriptedBroker;
  readonly courier: Courier;
  readonly identity: MarketplaceIdentity;
  readonly services: MarketplaceServices;
  readonly issuer: string;
  readonly machineCa: PaperCa;
  readonly authorCa: PaperCa;
  readonly author: Person;
  /** The test drink, published, deposited at 1001 sat for profile S, listed. */
  readonly drink: Drink;
  /** A machine with a certificate of the machine CA, enrolled. */
  enrolled(name: string, profile?: 'H' | 'S'): Promise<Person>;
  /** Credits that machine. */
  credit(machine: Person, sat: number): Promise<void>;
}

export interface Drink {
  readonly sealed: SealedRecipe;
  readonly recipe: Uint8Array;
  readonly recipeHex: string;
  readonly version: number;
  readonly manifest: Uint8Array;
  readonly price: number;
}

export const issuer = 'https://marketplace.test';
export const price = 1001;

export async function testWorld(policy: Partial<LicensingPolicy> = {}): Promise<TestWorld> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'decant-marketplace-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const tokens = stack.use(await softTokens());
  const token = stack.use(await tokens.make('marketplace'));
  const clock = new SteppedClock(startOfTest);
  const [machineCa, authorCa] = [await paperCa('Owner CA'), await paperCa('Author CA')];
  const identity = await MarketplaceIdentity.open({ token, disk: systemDisk(folder), clock, entropy: systemEntropy });
  const database = stack.use(await openPglite(null));
  await migrate(database, systemDisk(fileURLToPath(new URL('../../../src/marketplace', import.meta.url))));
  const broker = new ScriptedBroker();
  const courier = stack.use(new Courier({ database, broker, clock, log: silentLog }));
  const escrow = await openEscrow(token);
  const anchors = {
    machine: [machineCa.certificate],
    maker: [machineCa.certificate],
    author: [authorCa.certificate],
  };
  const services = await makeServices({
    database,
    clock,
    entropy: systemEntropy,
    identity,
    escrow,
    anchors,
    courier,
    issuer,
    policy,
    log: silentLog,
  });
  const author = await person(authorCa, 'author', 'Ada Author');
  const drink = await sealTheDrink(author);
  await publishDrink(services, author, drink, 'S');
  const kept = stack.move();
  let credits = 0;
  return {
    clock,
    database,
    broker,
    courier,
    identity,
    services,
    issuer,
    machineCa,
    authorCa,
    author,
    drink,
    async enrolled(name, profile = 'H') {
      const machine = await paperMachine(machineCa, name, profile);
      await services.accounts.enrol(machine.certificate);
      return machine;
    },
    credit: async (machine, sat) => {
      credits += 1;
      await services.payments.credit(machine.name, satoshi(sat), `opening:${credits}`, 'voucher');
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The test drink, sealed by `author`, under an id and version of its own when wanted. */
export async function sealTheDrink(author: Person, changes: Parameters<typeof testSource>[0] = {}): Promise<Drink> {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const sealed = await sealRecipe({
    source: testSource(changes),
    ingredients: fewIngredients,
    authorName: author.name,
    author: author.signer,
    classKey: spkiOf(publicKey),
    now: startOfTest,
    entropy: systemEntropy,
    crypto: nodeSealCrypto,
  });
  const { recipe_id: recipe, version } = sealed.manifest;
  return { sealed, recipe, recipeHex: hex(recipe), version, manifest: sealed.digest, price };
}

/** DEPOSIT of a drink. */
export async function depositOf(
  { licensing }: MarketplaceServices,
  author: Person,
  drink: Drink,
  minProfile: 'H' | 'S',
): Promise<Uint8Array> {
  const depositKey = depositKeyOf(licensing.depositCertificate);
  const payload = {
    recipe: drink.recipe,
    version: drink.version,
    manifest: drink.manifest,
    content_key: await wrapForDeposit(drink.sealed.contentKey, depositKey, nodeSealCrypto),
    deposit_key: sha256(depositKey),
    price: drink.price,
    min_profile: minProfile,
  };
  return sealMessage('DEPOSIT', payload, author.signer);
}

/** LISTING of a drink. */
export function listingOf(author: Person, drink: Drink): Promise<Uint8Array> {
  const payload = {
    recipe: drink.recipe,
    version: drink.version,
    manifest: drink.manifest,
    slug: 'test-drink',
    name: { de: 'Probe', en: 'Test drink' },
    description: { de: 'Zum Prüfen.', en: 'To try.' },
    ingredient_names: { cola: { de: 'Cola', en: 'Cola' } },
    accent: '#f4a020',
    picture: new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'),
  };
  return sealMessage('LISTING', payload, author.signer);
}

/** File, content key and listing of a drink, as its author sends them. */
export async function publishDrink(
  services: MarketplaceServices,
  author: Person,
  drink: Drink,
  minProfile: 'H' | 'S',
): Promise<void> {
  await services.catalogue.publish({ recipe: drink.recipeHex, version: drink.version }, drink.sealed.file);
  await services.licensing.deposit(await depositOf(services, author, drink, minProfile));
  await services.catalogue.list(await listingOf(author, drink));
}

function depositKeyOf(certificate: Uint8Array): Uint8Array {
  return spkiOf(parseCertificate(certificate).publicKey);
}
