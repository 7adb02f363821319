import type { Escrow } from '#hsm/escrow.ts';
import { MarketplaceIdentity } from '#marketplace/identity.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { type SealedRecipe, sealRecipe } from '#recipes/seal.ts';
import type { SourceStep } from '#recipes/source.ts';
import { instant } from '#shared/units.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import { type MachineConfig, machineConfig } from '#wire/machine-config.ts';
import { provisionOnPaper } from '../../support/cell/paper-machine.ts';
import { PaperMarket } from '../../support/cell/paper-market.ts';
import { type PaperCa, type Person, paperCa, person, startOfTest } from '../../support/marketplace/people.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { fewIngredients, testSource } from '../../support/sealed-drink.ts';
import { KeyShelf, PaperToken } from './paper-token.ts';
import { PatientClock } from './patient-clock.ts';
import { paperEscrow } from './paper-escrow.ts';
import { seededEntropy } from './seeded-entropy.ts';

export const machine = 'secret-machine';

/** People, keys and a provisioned machine, the same for all runs that are compared. */
export interface Cast {
  readonly market: PaperMarket;
  readonly author: Person;
  readonly anchors: TrustAnchors;
  /** The real marketplace's CA and signing keys, its escrow, and the machine's certificate. */
  readonly identity: MarketplaceIdentity;
  readonly escrow: Escrow;
  readonly certificate: Uint8Array;
  readonly shelf: KeyShelf;
  readonly token: PaperToken;
  readonly disk: MemoryDisk;
  /** The clock by which the market's people date what they sign: that of the run under way. */
  readonly clock: RunningClock;
  seal(steps: readonly SourceStep[]): Promise<SealedRecipe>;
}

/** The clock of whichever run is under way. */
export class RunningClock extends PatientClock {
  of: PatientClock = new PatientClock();

  override now() {
    return this.of.now();
  }
}

export async function cast(): Promise<Cast> {
  const clock = new RunningClock();
  const market = await PaperMarket.open(clock);
  const [machineCa, authorCa] = [await paperCa('Paper maker'), await paperCa('Paper authors')];
  const author = await person(authorCa, 'author', 'Ada Author');
  const identity = await MarketplaceIdentity.open({
    token: new PaperToken(new KeyShelf(), seededEntropy('marketplace')),
    disk: new MemoryDisk(),
    clock,
    entropy: seededEntropy('identity'),
  });
  const anchors: TrustAnchors = {
    machine: [machineCa.certificate],
    author: [authorCa.certificate],
    catalogue: [market.ca.certificate, identity.ca],
    licensing: [market.ca.certificate, identity.ca],
  };
  const shelf = new KeyShelf();
  const token = new PaperToken(shelf, seededEntropy('provisioning'));
  const disk = new MemoryDisk();
  const { classKey, certificate } = await provision(token, disk, machineCa, anchors);
  return {
    market,
    author,
    anchors,
    identity,
    escrow: paperEscrow(),
    certificate,
    shelf,
    token,
    disk,
    clock,
    seal: (steps) =>
      sealRecipe({
        source: testSource({ steps: [...steps] }),
        ingredients: fewIngredients,
        authorName: author.name,
        author: author.signer,
        classKey,
        now: instant(startOfTest),
        entropy: seededEntropy('sealing'),
        crypto: nodeSealCrypto,
      }),
  };
}

async function provision(
  token: PaperToken,
  disk: MemoryDisk,
  ca: PaperCa,
  anchors: TrustAnchors,
): Promise<{ classKey: Uint8Array; certificate: Uint8Array }> {
  const spki = await token.generateSigningKey('identity', { rsaBits: 2048 });
  const classKey = await token.generateUnwrapKey('class-key');
  const paper = { machine, name: 'Secret machine', anchors };
  const keys = { identity: { label: 'identity', spki }, classKey: { label: 'class-key', spki: classKey } };
  const leaf = await provisionOnPaper({ ...paper, ...keys }, disk, ca);
  return { classKey, certificate: leaf };
}

/** Four lines, two of them fast and two slow, in machine time. */
export function secretConfig(changes: { readonly limits?: object; readonly bottle_ul?: number } = {}): MachineConfig {
  const lines = [
    { ingredient: 'cola', full: 20_000 },
    { ingredient: 'milk', full: 5_000 },
    { ingredient: 'orange-juice', full: 12_000 },
    { ingredient: 'vodka', full: 6_000 },
  ];
  return machineConfig.parse({
    machine: { id: machine, name: 'Secret machine', class: 'beverage' },
    token: { label: 'machine', allow_soft_token: true, prekey_bits: 2048, prekey_pool: { low: 2, batch: 3 } },
    limits: {
      glass_ul: 500_000,
      min_dose_ul: 5_000,
      alcohol: true,
      pumps_at_once: 4,
      orders_per_hour: 1000,
      licence_sat_per_day: 1_000_000,
      ...changes.limits,
    },
    pumps: lines.map(({ ingredient, full }, i) => ({
      line: i + 1,
      driver: 'sim' as const,
      channel: i,
      ingredient,
      bottle_ul: changes.bottle_ul ?? 1_000_000,
      flow: [
        { drive: 400, ul_per_s: Math.round(full * 0.35) },
        { drive: 1000, ul_per_s: full },
      ],
      lag_us: 40_000,
    })),
    simulation: { seed: 1, speed: 1, noise: false },
    desk: { port: 1, margin_sat: 100 },
    marketplace: { url: 'https://paper.test', broker: 'mqtts://paper.test', ca: 'ca.pem' },
    payment: { network: 'regtest', descriptor: 'wpkh()', esplora: 'http://127.0.0.1:1' },
  });
}
