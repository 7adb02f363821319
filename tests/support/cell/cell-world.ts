import { generateKeyPairSync } from 'node:crypto';
import type { Token } from '#hsm/token.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { type SealedRecipe, sealRecipe } from '#recipes/seal.ts';
import type { RecipeSource } from '#recipes/source.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { spkiOf, type TrustAnchors } from '#wire/certificate-chain.ts';
import { type MachineConfig, machineConfig } from '#wire/machine-config.ts';
import { type PaperCa, type Person, paperCa, person, startOfTest } from '../marketplace/people.ts';
import { MemoryDisk } from '../memory-disk.ts';
import { fewIngredients, testSource } from '../sealed-drink.ts';
import { softTokens } from '../soft-token.ts';
import { FaultyToken } from './faulty-token.ts';
import { provisionOnPaper } from './paper-machine.ts';
import { PaperMarket } from './paper-market.ts';
import { StubToken } from './stub-token.ts';
import { type CellSurroundings, TestCell } from './test-cell.ts';
import { WorldClock } from './world-clock.ts';

export const machine = 'test-machine';
const identityLabel = 'identity';
export const classKeyLabel = 'class-demo-mixer-1';

/** A provisioned machine, a marketplace on paper, and a sealed drink: what a cell needs to run, whole, in this process. */
export interface CellWorld extends CellSurroundings, AsyncDisposable {
  readonly author: Person;
  readonly config: MachineConfig;
  disk: MemoryDisk;
  /** Seals another drink for this machine's class. */
  seal(changes: Partial<RecipeSource>): Promise<SealedRecipe>;
  /** A cell that is running; one at a time. */
  boot(changes?: Partial<MachineConfig>): Promise<TestCell>;
  /** The same with the drink in its spool and prekeys booked. */
  ready(changes?: Partial<MachineConfig>): Promise<TestCell>;
}

/** `soft`: SoftHSM, which opens recipes. `stub`: a token that only signs, for books and messages. */
export async function cellWorld(kind: 'soft' | 'stub'): Promise<CellWorld> {
  await using stack = new AsyncDisposableStack();
  const token = new FaultyToken(stack.use(await openToken(kind, stack)));
  const clock = new WorldClock();
  const market = await PaperMarket.open(clock);
  const [machineCa, authorCa] = [await paperCa('Paper maker'), await paperCa('Paper authors')];
  const author = await person(authorCa, 'author', 'Ada Author');
  const anchors: TrustAnchors = {
    machine: [machineCa.certificate],
    author: [authorCa.certificate],
    catalogue: [market.ca.certificate],
    licensing: [market.ca.certificate],
  };
  const disk = new MemoryDisk();
  const classKey = await provision(token, machineCa, anchors, disk);
  const seal = (changes: Partial<RecipeSource>): Promise<SealedRecipe> => sealFor(classKey, author, changes);
  const drink = await seal({});
  const held = stack.move();
  const world: CellWorld = {
    machine,
    clock,
    token,
    market,
    author,
    anchors,
    config: testConfig(),
    drink,
    disk,
    seal,
    boot: (changes = {}) => TestCell.boot(world, { ...world.config, ...changes }),
    async ready(changes) {
      const cell = await world.boot(changes);
      await cell.upload(drink.file);
      await cell.sendPrekeys();
      await cell.ask('revocations', { message: await market.statusList() });
      return cell;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
  return world;
}

async function openToken(kind: 'soft' | 'stub', stack: AsyncDisposableStack): Promise<Token> {
  if (kind === 'stub') return new StubToken();
  return stack.use(await softTokens()).make('machine');
}

/** What provisioning leaves in token and folder; answers the class key's SPKI. */
async function provision(token: Token, ca: PaperCa, anchors: TrustAnchors, disk: MemoryDisk): Promise<Uint8Array> {
  const spki = await token.generateSigningKey(identityLabel, { rsaBits: 2048 });
  const inToken = await token.generateUnwrapKey(classKeyLabel, 2048);
  // a stub token has no class key that anything could be sealed for
  const classKey = inToken.length > 100 ? inToken : nobodysKey();
  const paper = { machine, name: 'Test machine', anchors };
  const identity = { label: identityLabel, spki };
  await provisionOnPaper({ ...paper, identity, classKey: { label: classKeyLabel, spki: classKey } }, disk, ca);
  return classKey;
}

async function sealFor(classKey: Uint8Array, author: Person, changes: Partial<RecipeSource>): Promise<SealedRecipe> {
  return sealRecipe({
    source: testSource(changes),
    ingredients: fewIngredients,
    authorName: author.name,
    author: author.signer,
    classKey,
    now: startOfTest,
    entropy: systemEntropy,
    crypto: nodeSealCrypto,
  });
}

function nobodysKey(): Uint8Array {
  return spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
}

const flow = [
  { drive: 400, ul_per_s: 3_500 },
  { drive: 700, ul_per_s: 6_800 },
  { drive: 1000, ul_per_s: 10_000 },
];

/** Four lines of 10 ml/s, machine time a thousand times as fast. */
export function testConfig(): MachineConfig {
  const ingredients = ['cola', 'milk', 'orange-juice', 'vodka'];
  const config = machineConfig.parse({
    machine: { id: machine, name: 'Test machine', class: 'beverage' },
    token: { label: 'machine', allow_soft_token: true, prekey_bits: 2048, prekey_pool: { low: 2, batch: 3 } },
    limits: {
      glass_ul: 500_000,
      min_dose_ul: 5_000,
      alcohol: true,
      pumps_at_once: 4,
      orders_per_hour: 1000,
      licence_sat_per_day: 1_000_000,
    },
    pumps: ingredients.map((ingredient, i) => ({
      line: i + 1,
      driver: 'sim' as const,
      channel: i,
      ingredient,
      bottle_ul: 1_000_000,
      flow,
    })),
    simulation: { seed: 1, speed: 1000, noise: false },
    desk: { port: 1, margin_sat: 0 },
    marketplace: { url: 'https://paper.test', broker: 'mqtts://paper.test', ca: 'ca.pem' },
    payment: { network: 'regtest', descriptor: 'wpkh()', esplora: 'http://127.0.0.1:1' },
  });
  return { ...config, limits: { ...config.limits, held_ms: 40 } };
}
