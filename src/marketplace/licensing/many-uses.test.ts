import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import { TestMachine } from '#tests/support/marketplace/test-machine.ts';
import { price, type TestWorld, testWorld } from '#tests/support/marketplace/test-world.ts';
import type { OfferRequest } from '#wire/marketplace-api.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage } from '#wire/signed-message.ts';

let world: TestWorld;
let machine: TestMachine;

beforeAll(async () => {
  world = await testWorld();
  machine = new TestMachine(world, await world.enrolled('mixer-1'));
  await world.credit(machine.person, 100_000);
  await machine.sendPrekeys(20);
});
afterAll(() => world[Symbol.asyncDispose]());

const seconds = (): number => Math.floor(world.clock.now() / 1000);
const offerOf = async (changes: Partial<OfferRequest>): Promise<{ message: Uint8Array; offer: Payload<'OFFER'> }> => {
  const nonce = hex(systemEntropy.bytes(16));
  const { recipeHex: recipe, version } = world.drink;
  const message = await world.services.catalogue.offer(machine.name, {
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
  const { seq } = await world.services.licensing.order(machine.name, await machine.order(offer));
  return machine.licence(seq);
};

describe('several uses at once', () => {
  it('cost so many times as much, and lie in one licence, each under a one-time key of its own', async () => {
    const { message, offer } = await offerOf({ quantity: 3 });
    expect(offer).toMatchObject({ quantity: 3, price: 3 * price, terms: { kind: 'single_use' } });
    expect(offer.outputs.reduce((sum, { sat }) => sum + sat, 0)).toBe(3 * price);
    const before = await world.services.payments.balance(`machine:${machine.name}`);
    const { slots } = await licensed(message);
    expect(new Set(slots.map(({ kid }) => hex(kid))).size).toBe(3);
    expect(new Set(slots.map((slot) => hex(machine.unwrap(slot)))).size).toBe(1);
    expect(await world.services.payments.balance(`machine:${machine.name}`)).toBe(before - BigInt(3 * price));
  });

  it('are charged all or not at all: without enough one-time keys nothing is sold', async () => {
    const { message } = await offerOf({ quantity: 16 });
    await licensed((await offerOf({ quantity: 4 })).message);
    const { licensing, payments } = world.services;
    const before = await payments.balance(`machine:${machine.name}`);
    const order = await machine.order(message);
    expect(await refusal(licensing.order(machine.name, order))).toBe('licence/prekeys-missing');
    expect(await payments.balance(`machine:${machine.name}`)).toBe(before);
    await machine.sendPrekeys(16);
    expect((await licensing.order(machine.name, order)).charged_sat).toBe(16 * price);
  });

  it('are told and claimed one by one, a claim for one bringing one', async () => {
    await machine.sendPrekeys(4);
    const licence = await licensed((await offerOf({ quantity: 2 })).message);
    const [one, other] = licence.slots;
    const { licensing } = world.services;
    await licensing.usage(machine.name, await machine.usage(licence, { kid: one?.kid ?? new Uint8Array(32) }));
    const claim = await machine.voidClaim(licence, { kid: other?.kid ?? new Uint8Array(32) });
    expect(await licensing.voidClaim(machine.name, claim)).toBeNull();
    const again = await machine.licence(licence.seq + 1);
    expect(again.slots).toHaveLength(1);
    expect(again.replaces).toBeDefined();
    // the same claim again brings nothing more
    expect(await licensing.voidClaim(machine.name, claim)).toBeNull();
    expect(await licensing.licencesAfter(machine.name, licence.seq + 1)).toEqual([]);
  });
});

describe('uses for a window', () => {
  it('are good from and until the times that were offered, also when one is issued again', async () => {
    await machine.sendPrekeys(4);
    const window = { nbf: seconds() + 3600, exp: seconds() + 7200 };
    const { message, offer } = await offerOf({ window });
    expect(offer).toMatchObject({ window, terms: { kind: 'window' } });
    const licence = await licensed(message);
    expect(licence).toMatchObject({ ...window, terms: { kind: 'window' } });
    expect(await world.services.licensing.voidClaim(machine.name, await machine.voidClaim(licence))).toBeNull();
    expect(await machine.licence(licence.seq + 1)).toMatchObject({ ...window, terms: { kind: 'window' } });
  });

  it('that is over, or further away than a year, is not offered', async () => {
    const now = seconds();
    expect(await refusal(offerOf({ window: { nbf: now - 20, exp: now - 10 } }))).toBe('offer/expired');
    expect(await refusal(offerOf({ window: { nbf: now, exp: now + 367 * 24 * 3600 } }))).toBe('offer/expired');
    expect(await refusal(offerOf({ window: { nbf: now, exp: now + 365 * 24 * 3600 } }))).toBe('accepted');
  });
});
