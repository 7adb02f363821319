import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { wrapForDeposit } from '#recipes/seal.ts';
import { hex } from '#shared/entropy.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { paperMachine, person } from '#tests/support/marketplace/people.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import { TestMachine } from '#tests/support/marketplace/test-machine.ts';
import {
  depositOf,
  price,
  publishDrink,
  sealTheDrink,
  type TestWorld,
  testWorld,
} from '#tests/support/marketplace/test-world.ts';
import { spkiOf } from '#wire/certificate-chain.ts';
import { licenceTopic, noticeTopic, type OfferRequest } from '#wire/marketplace-api.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sealMessage, sha256 } from '#wire/signed-message.ts';

let world: TestWorld;
beforeAll(async () => {
  world = await testWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A machine with six prekeys delivered and money on its account. */
async function buyer(name: string, sat = 10_000): Promise<TestMachine> {
  const machine = new TestMachine(world, await world.enrolled(name));
  await machine.sendPrekeys(3);
  if (sat > 0) await world.credit(machine.person, sat);
  return machine;
}

const balance = (machine: TestMachine): Promise<bigint> => world.services.payments.balance(`machine:${machine.name}`);

describe('buying a use', () => {
  it('turns prekeys, offer and order into a licence whose slot holds the content key', async () => {
    const machine = await buyer('mixer-1');
    const offer = await machine.offer(world.drink);
    const order = await machine.order(offer);
    const answer = await world.services.licensing.order('mixer-1', order);
    expect(answer).toEqual({ seq: 1, charged_sat: price, split: { licensor_sat: 700, marketplace_sat: 301 } });
    const licence = await machine.licence(1);
    expect(licence).toMatchObject({ iss: world.issuer, sub: 'mixer-1', seq: 1, version: world.drink.version });
    expect(licence.order).toEqual(sha256(order));
    expect(licence.manifest).toEqual(world.drink.manifest);
    const [slot] = licence.slots;
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const own = await wrapForDeposit(world.drink.sealed.contentKey, spkiOf(publicKey), nodeSealCrypto);
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const contentKey = privateDecrypt({ key: privateKey, padding, oaepHash: 'sha1' }, own);
    expect(slot && hex(machine.unwrap(slot))).toBe(hex(contentKey));
    await world.courier.idle();
    expect(world.broker.taken.map(({ topic }) => topic)).toEqual([licenceTopic('mixer-1'), noticeTopic('mixer-1')]);
  });

  it('signs an offer that names price, split, terms, ten minutes and the nonce of the cell', async () => {
    const machine = await buyer('offered');
    const nonce = hex(systemEntropy.bytes(16));
    const request = { recipe: world.drink.recipeHex, version: world.drink.version, quantity: 2, nonce };
    const message = await world.services.catalogue.offer('offered', request);
    const anchors = { catalogue: [world.identity.ca] };
    const { payload } = openMessage('OFFER', message, anchors, world.clock.now());
    expect(payload).toMatchObject({ machine: 'offered', quantity: 2, price: 2002, min_profile: 'S' });
    expect(payload.outputs.map(({ role, sat }) => [role, sat])).toEqual([
      ['licensor', 1401],
      ['marketplace', 601],
    ]);
    expect(hex(payload.nonce)).toBe(nonce);
    expect(payload.expires - world.clock.now()).toBe(600_000);
    const licence = await machine.buy(world.drink, 2);
    expect(licence.slots).toHaveLength(2);
  });

  it('numbers the licences of a machine without a gap, whoever else buys between', async () => {
    const [a, b] = [await buyer('counter-a'), await buyer('counter-b')];
    const seqs = [await a.buy(world.drink), await b.buy(world.drink), await a.buy(world.drink)].map(({ seq }) => seq);
    expect(seqs).toEqual([1, 1, 2]);
    const kids = [await a.licence(1), await a.licence(2)].flatMap(({ slots }) => slots.map(({ kid }) => hex(kid)));
    expect(new Set(kids).size).toBe(2);
  });

  it('answers an order that is sent again as the first time, and charges once', async () => {
    const machine = await buyer('twice');
    const order = await machine.order(await machine.offer(world.drink));
    const [first, second] = await Promise.all([
      world.services.licensing.order('twice', order),
      world.services.licensing.order('twice', order),
    ]);
    expect(second).toEqual(first);
    expect(await balance(machine)).toBe(10_000n - BigInt(price));
    expect(await world.services.licensing.licencesAfter('twice', 0)).toHaveLength(1);
  });

  it('refuses an idempotency key that was used for another offer, and an offer that another order took', async () => {
    const machine = await buyer('greedy');
    const [one, other] = [await machine.offer(world.drink), await machine.offer(world.drink)];
    const idempotency_key = systemEntropy.bytes(16);
    await world.services.licensing.order('greedy', await machine.order(one, { idempotency_key }));
    const wrongOffer = await machine.order(other, { idempotency_key });
    expect(await refusal(world.services.licensing.order('greedy', wrongOffer))).toBe('marketplace/duplicate');
    const wrongKey = await machine.order(one);
    expect(await refusal(world.services.licensing.order('greedy', wrongKey))).toBe('marketplace/duplicate');
  });

  it('refuses with balance-low, changes nothing, and sells the same order after a credit', async () => {
    const machine = await buyer('poor', price - 1);
    const order = await machine.order(await machine.offer(world.drink));
    expect(await refusal(world.services.licensing.order('poor', order))).toBe('payment/balance-low');
    expect(await balance(machine)).toBe(BigInt(price - 1));
    expect(await world.services.licensing.licencesAfter('poor', 0)).toEqual([]);
    await world.credit(machine.person, 1);
    expect((await world.services.licensing.order('poor', order)).seq).toBe(1);
    expect(await balance(machine)).toBe(0n);
  });

  it('refuses without prekeys, keeps the money, and sells after a batch', async () => {
    const machine = new TestMachine(world, await world.enrolled('keyless'));
    await world.credit(machine.person, 5000);
    const order = await machine.order(await machine.offer(world.drink));
    expect(await refusal(world.services.licensing.order('keyless', order))).toBe('licence/prekeys-missing');
    expect(await balance(machine)).toBe(5000n);
    await machine.sendPrekeys(1);
    expect((await world.services.licensing.order('keyless', order)).seq).toBe(1);
  });

  it('refuses an offer after ten minutes', async () => {
    const machine = await buyer('late');
    const order = await machine.order(await machine.offer(world.drink));
    await world.clock.advance(600_001);
    expect(await refusal(world.services.licensing.order('late', order))).toBe('offer/expired');
  });
});

describe('who may say what', () => {
  it('refuses an order for the offer of another machine', async () => {
    const [a, b] = [await buyer('owner-a'), await buyer('owner-b')];
    const stolen = await b.order(await a.offer(world.drink));
    expect(await refusal(world.services.licensing.order('owner-b', stolen))).toBe('offer/unknown');
  });

  it('refuses a message of another machine, and one that names another machine', async () => {
    const [a, b] = [await buyer('self-a'), await buyer('self-b')];
    const order = await a.order(await a.offer(world.drink));
    expect(await refusal(world.services.licensing.order('self-b', order))).toBe('message/not-authentic');
    const lying = await a.order(await a.offer(world.drink), { machine: 'self-b' });
    expect(await refusal(world.services.licensing.order('self-b', lying))).toBe('message/not-authentic');
    expect(await refusal(world.services.licensing.order('self-a', lying))).toBe('message/not-authentic');
    expect(await balance(b)).toBe(10_000n);
  });

  it('refuses keys of another role and of a CA that is not pinned', async () => {
    await buyer('role-play');
    for (const role of ['author', 'catalogue', 'licensing', 'maker'] as const) {
      const impostor = new TestMachine(world, await paperMachine(world.machineCa, 'role-play', 'H', role));
      const message = await impostor.prekeys(1);
      expect(await refusal(world.services.licensing.prekeys('role-play', message)), role).toBe('message/not-authentic');
    }
    const foreign = new TestMachine(world, await paperMachine(world.authorCa, 'role-play', 'H'));
    const message = await foreign.prekeys(1);
    expect(await refusal(world.services.licensing.prekeys('role-play', message))).toBe('message/not-authentic');
  });

  it('refuses an author who signs with a machine key, and a deposit of another author', async () => {
    const { licensing } = world.services;
    const machine = await paperMachine(world.authorCa, 'Ada Author', 'H', 'author');
    const payload = { machine: 'x', cti: new Uint8Array(16), seq: 1, journal: { index: 0, head: new Uint8Array(32) } };
    const forged = await sealMessage('ACK', payload, machine.signer);
    expect(await refusal(licensing.deposit(forged))).toBe('message/not-authentic');
    const thief = await person(world.authorCa, 'author', 'Other Author');
    const stolen = await depositOf(world.services, thief, world.drink, 'S');
    expect(await refusal(licensing.deposit(stolen))).toBe('message/not-authentic');
    expect(await refusal(licensing.deposit(await depositOf(world.services, world.author, world.drink, 'S')))).toBe(
      'marketplace/duplicate',
    );
  });

  it('sells a recipe for keys in hardware only to machines whose certificate says so', async () => {
    const { catalogue } = world.services;
    const strict = await sealTheDrink(world.author, { recipe_id: 'aa'.repeat(16) });
    await publishDrink(world.services, world.author, strict, 'H');
    const weak = new TestMachine(world, await world.enrolled('profile-s', 'S'));
    const request = { recipe: strict.recipeHex, version: strict.version, quantity: 1, nonce: '00'.repeat(16) };
    expect(await refusal(catalogue.offer(weak.name, request))).toBe('machine/profile-too-low');
    const strong = new TestMachine(world, await world.enrolled('profile-h', 'H'));
    expect(await refusal(catalogue.offer(strong.name, request))).toBe('accepted');
  });
});

/** Somebody who buys several uses at once. */
let shopper: TestMachine;
beforeAll(async () => {
  shopper = new TestMachine(world, await world.enrolled('shopper'));
  await world.credit(shopper.person, 100_000);
  await shopper.sendPrekeys(6);
});

const seconds = (): number => Math.floor(world.clock.now() / 1000);
const offerOf = async (changes: Partial<OfferRequest>): Promise<{ message: Uint8Array; offer: Payload<'OFFER'> }> => {
  const nonce = hex(systemEntropy.bytes(16));
  const { recipeHex: recipe, version } = world.drink;
  const message = await world.services.catalogue.offer(shopper.name, {
    recipe,
    version,
    quantity: 1,
    nonce,
    ...changes,
  });
  const { payload } = openMessage('OFFER', message, { catalogue: [world.identity.ca] }, world.clock.now());
  return { message, offer: payload };
};
const licensed = async (offer: Uint8Array): Promise<Payload<'LICENCE'>> => {
  const { seq } = await world.services.licensing.order(shopper.name, await shopper.order(offer));
  return shopper.licence(seq);
};

describe('several uses at once', () => {
  it('cost so many times as much, and lie in one licence, each under a one-time key of its own', async () => {
    const { message, offer } = await offerOf({ quantity: 3 });
    expect(offer).toMatchObject({ quantity: 3, price: 3 * price, terms: { kind: 'single_use' } });
    expect(offer.outputs.reduce((sum, { sat }) => sum + sat, 0)).toBe(3 * price);
    const before = await world.services.payments.balance(`machine:${shopper.name}`);
    const { slots } = await licensed(message);
    expect(new Set(slots.map(({ kid }) => hex(kid))).size).toBe(3);
    expect(new Set(slots.map((slot) => hex(shopper.unwrap(slot)))).size).toBe(1);
    expect(await world.services.payments.balance(`machine:${shopper.name}`)).toBe(before - BigInt(3 * price));
  });

  it('are charged all or not at all: without enough one-time keys nothing is sold', async () => {
    const { message } = await offerOf({ quantity: 5 });
    const { licensing, payments } = world.services;
    const before = await payments.balance(`machine:${shopper.name}`);
    const order = await shopper.order(message);
    expect(await refusal(licensing.order(shopper.name, order))).toBe('licence/prekeys-missing');
    expect(await payments.balance(`machine:${shopper.name}`)).toBe(before);
    await shopper.sendPrekeys(2);
    expect((await licensing.order(shopper.name, order)).charged_sat).toBe(5 * price);
  });

  it('are told and claimed one by one, a claim for one bringing one', async () => {
    await shopper.sendPrekeys(3);
    const licence = await licensed((await offerOf({ quantity: 2 })).message);
    const [one, other] = licence.slots;
    const { licensing } = world.services;
    await licensing.usage(shopper.name, await shopper.usage(licence, { kid: one?.kid ?? new Uint8Array(32) }));
    const claim = await shopper.voidClaim(licence, { kid: other?.kid ?? new Uint8Array(32) });
    expect(await licensing.voidClaim(shopper.name, claim)).toBeNull();
    const again = await shopper.licence(licence.seq + 1);
    expect(again.slots).toHaveLength(1);
    expect(again.replaces).toBeDefined();
    // the same claim again brings nothing more
    expect(await licensing.voidClaim(shopper.name, claim)).toBeNull();
    expect(await licensing.licencesAfter(shopper.name, licence.seq + 1)).toEqual([]);
  });
});

describe('uses for a window', () => {
  it('are good from and until the times that were offered, also when one is issued again', async () => {
    await shopper.sendPrekeys(2);
    const window = { nbf: seconds() + 3600, exp: seconds() + 7200 };
    const { message, offer } = await offerOf({ window });
    expect(offer).toMatchObject({ window, terms: { kind: 'window' } });
    const licence = await licensed(message);
    expect(licence).toMatchObject({ ...window, terms: { kind: 'window' } });
    expect(await world.services.licensing.voidClaim(shopper.name, await shopper.voidClaim(licence))).toBeNull();
    expect(await shopper.licence(licence.seq + 1)).toMatchObject({ ...window, terms: { kind: 'window' } });
  });

  it('that is over, or further away than a year, is not offered', async () => {
    const now = seconds();
    expect(await refusal(offerOf({ window: { nbf: now - 20, exp: now - 10 } }))).toBe('offer/expired');
    expect(await refusal(offerOf({ window: { nbf: now, exp: now + 367 * 24 * 3600 } }))).toBe('offer/expired');
    expect(await refusal(offerOf({ window: { nbf: now, exp: now + 365 * 24 * 3600 } }))).toBe('accepted');
  });
});
