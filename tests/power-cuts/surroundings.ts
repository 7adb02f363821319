import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { sealRecipe } from '#recipes/seal.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { instant } from '#shared/units.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import { machine, testConfig } from '../support/cell/cell-world.ts';
import { provisionOnPaper } from '../support/cell/paper-machine.ts';
import { PaperMarket } from '../support/cell/paper-market.ts';
import { type PaperCa, paperCa, person, startOfTest } from '../support/marketplace/people.ts';
import { fewIngredients, testSource } from '../support/sealed-drink.ts';
import { SteppedClock } from '../support/stepped-clock.ts';
import { Card } from './card-disk.ts';
import { Fuse } from './fuse.ts';
import { KeyCard } from './key-card.ts';
import { Machine } from './machine.ts';

const identity = 'identity';
const classKey = 'class-demo-mixer-1';

/** A provisioned machine that was never started. */
export async function provisionedMachine(): Promise<Machine> {
  const market = await PaperMarket.open(new SteppedClock(instant(startOfTest)));
  const [machineCa, authorCa] = [await paperCa('Paper maker'), await paperCa('Paper authors')];
  const author = await person(authorCa, 'author', 'Ada Author');
  const anchors: TrustAnchors = {
    machine: [machineCa.certificate],
    author: [authorCa.certificate],
    catalogue: [market.ca.certificate],
    licensing: [market.ca.certificate],
  };
  const [card, keys] = [new Card(), new KeyCard()];
  const classSpki = await provision(card, keys, machineCa, anchors);
  const drink = await sealRecipe({
    source: testSource(),
    ingredients: fewIngredients,
    authorName: author.name,
    author: author.signer,
    classKey: classSpki,
    now: startOfTest,
    entropy: systemEntropy,
    crypto: nodeSealCrypto,
  });
  const base = testConfig();
  // a coarse lease and fast pumps: fewer steps in which nothing new happens
  const limits = { ...base.limits, lease_ms: 3000, held_ms: 40_000 };
  const config = { ...base, limits, simulation: { ...base.simulation, speed: 1 } };
  return new Machine({ machine, market, anchors, drink, config }, card, keys);
}

async function provision(card: Card, keys: KeyCard, ca: PaperCa, anchors: TrustAnchors): Promise<Uint8Array> {
  const token = await keys.open(new Fuse());
  const spki = await token.generateSigningKey(identity, { rsaBits: 2048 });
  const classSpki = await token.generateUnwrapKey(classKey, 2048);
  const paper = { machine, name: 'Test machine', anchors };
  const made = { identity: { label: identity, spki }, classKey: { label: classKey, spki: classSpki } };
  await provisionOnPaper({ ...paper, ...made }, card.disk(new Fuse()), ca);
  return classSpki;
}
