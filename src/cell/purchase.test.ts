import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import { paperCa, person } from '#tests/support/marketplace/people.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sealMessage, sha256 } from '#wire/signed-message.ts';

const minute = 60_000;
const hour = 60 * minute;

let world: CellWorld;
let cell: TestCell;
let blank: MemoryDisk;

beforeAll(async () => {
  world = await cellWorld('stub');
  blank = world.disk;
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.disk = blank.copy();
  cell = await world.ready();
});
afterEach(() => cell[Symbol.asyncDispose]());

const asked = () => {
  const { recipe_id: recipe, version } = world.drink.manifest;
  return cell.ask('offer_nonce', { recipe, version });
};
const offerFor = async (changes: Partial<Payload<'OFFER'>> = {}): Promise<Uint8Array> =>
  world.market.offer(world.machine, world.drink, (await asked()).nonce, changes);
const order = (offer: Uint8Array, id = randomUUID()) => cell.ask('order', { order: id, offer });
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? 'no failure',
  );
const restart = async (limits: Partial<CellWorld['config']['limits']>): Promise<void> => {
  await cell[Symbol.asyncDispose]();
  cell = await world.boot({ limits: { ...world.config.limits, ...limits } });
};

describe('an offer', () => {
  it('that is verified is answered by an ORDER that names it', async () => {
    const offer = await offerFor();
    const id = randomUUID();
    const { message, price } = await order(offer, id);
    const { payload } = openMessage('ORDER', message, world.anchors, world.clock.now());
    expect(price).toBe(900);
    expect(payload).toMatchObject({
      machine: world.machine,
      offer: sha256(offer),
      payment: { kind: 'prepaid', reference: id },
    });
    expect(cell.ledger.orders.get(id)).toMatchObject({ price: 900, digest: sha256(message) });
  });

  it('is taken from the catalogue only', async () => {
    const { nonce } = await asked();
    const good = await world.market.offer(world.machine, world.drink, nonce);
    const { payload } = openMessage('OFFER', good, world.anchors, world.clock.now());
    const stranger = await person(await paperCa('Somebody else'), 'catalogue', 'Paper catalogue');
    for (const { signer } of [world.market.licensing, stranger]) {
      expect(await refusal(order(await sealMessage('OFFER', payload, signer)))).toBe('offer/not-authentic');
    }
    expect(await refusal(order(good.subarray(1)))).toBe('offer/not-authentic');
    expect(await refusal(order(new Uint8Array(64 * 1024)))).toBe('offer/not-authentic');
    expect(await refusal(order(good))).toBe('accepted');
  });

  it('answers the nonce of this cell, for this recipe, and once', async () => {
    const offer = await offerFor();
    expect(await refusal(order(await offerFor({ nonce: new Uint8Array(16) })))).toBe('offer/nonce-mismatch');
    expect(await refusal(order(await offerFor({ machine: 'other' })))).toBe('offer/nonce-mismatch');
    expect(await refusal(order(await offerFor({ version: 4 })))).toBe('offer/nonce-mismatch');
    expect(await refusal(order(await offerFor({ recipe: new Uint8Array(16) })))).toBe('offer/nonce-mismatch');
    expect(await refusal(order(offer))).toBe('accepted');
    expect(await refusal(order(offer))).toBe('offer/nonce-mismatch');
  });

  it('comes within ten minutes of being asked for', async () => {
    const late = await offerFor({ expires: world.clock.now() + hour });
    world.clock.leap(10 * minute + 1000);
    expect(await refusal(order(late))).toBe('offer/nonce-mismatch');
    expect(await refusal(order(await offerFor({ expires: world.clock.now() - 1 })))).toBe('offer/expired');
  });

  it('has the price that its outputs add up to', async () => {
    expect(await refusal(order(await offerFor({ price: 899 })))).toBe('offer/price-mismatch');
    expect(await refusal(order(await offerFor({ price: 901 })))).toBe('offer/price-mismatch');
  });

  it('is for a recipe that the machine has', async () => {
    expect(await refusal(order(await offerFor({ manifest: new Uint8Array(32) })))).toBe('recipe/unknown');
    const other = await world.seal({ recipe_id: '0f0e0d0c0b0a09080706050403020100' });
    await cell.upload(other.file);
    expect(await refusal(order(await offerFor({ manifest: other.digest })))).toBe('licence/manifest-mismatch');
  });

  it('asks for no better key profile than the machine has', async () => {
    const { identity } = cell.parts;
    expect(await refusal(order(await offerFor({ min_profile: 'H' })))).toBe('accepted');
    expect(identity.profile).toBe('H');
    (identity as { profile: string }).profile = 'S';
    expect(await refusal(order(await offerFor({ min_profile: 'H' })))).toBe('machine/profile-too-low');
    // whatever the marketplace says, the recipe's author has signed what its keys need
    expect(await refusal(order(await offerFor({ min_profile: 'S' })))).toBe('machine/profile-too-low');
    using lenient = await world.seal({ min_profile: 'S' });
    await cell.upload(lenient.file);
    expect(await refusal(order(await offerFor({ min_profile: 'S', manifest: lenient.digest })))).toBe('accepted');
  });
});

describe('an order', () => {
  it('always gets the same ORDER, whatever offer is shown again', async () => {
    const id = randomUUID();
    const first = await order(await offerFor(), id);
    expect(
      await order(await offerFor({ price: 1, outputs: [{ role: 'licensor', script: new Uint8Array(), sat: 1 }] }), id),
    ).toEqual(first);
    expect(cell.ledger.orders.size).toBe(1);
  });

  it('asked for twice at once is made once', async () => {
    const id = randomUUID();
    const offers = [await offerFor(), await offerFor()];
    const [one, other] = await Promise.all(offers.map((offer) => order(offer, id)));
    expect(one).toEqual(other);
    expect(cell.ledger.orders.size).toBe(1);
  });

  it('is the same after a restart', async () => {
    const id = randomUUID();
    const first = await order(await offerFor(), id);
    await restart({});
    expect(await order(new Uint8Array(1), id)).toEqual(first);
  });

  it('is not made by a quarantined machine', async () => {
    const offer = await offerFor();
    await cell.ask('head_answer', { message: await world.market.quarantine(world.machine) });
    expect(await refusal(order(offer))).toBe('machine/quarantined');
    expect(cell.ledger.orders.size).toBe(0);
  });
});

describe('orders', () => {
  it('per hour are limited, restart or not', async () => {
    await restart({ orders_per_hour: 3 });
    for (let i = 0; i < 3; i += 1) await cell.order();
    expect(await refusal(cell.order())).toBe('offer/limit-reached');
    await restart({ orders_per_hour: 3 });
    expect(await refusal(cell.order())).toBe('offer/limit-reached');
    world.clock.leap(hour + 1000);
    expect(await refusal(cell.order())).toBe('accepted');
  });

  it('per hour are limited when many are asked for at once', async () => {
    await restart({ orders_per_hour: 3 });
    const offers = await Promise.all(Array.from({ length: 10 }, () => offerFor()));
    const results = await Promise.all(offers.map((offer) => refusal(order(offer))));
    expect(results.filter((result) => result === 'accepted')).toHaveLength(3);
    expect(results.filter((result) => result === 'offer/limit-reached')).toHaveLength(7);
  });

  it('per day may cost so much', async () => {
    await restart({ licence_sat_per_day: 2000 });
    await cell.order();
    await cell.order();
    expect(await refusal(cell.order())).toBe('offer/limit-reached');
    world.clock.leap(23 * hour);
    expect(await refusal(cell.order())).toBe('offer/limit-reached');
    world.clock.leap(hour + 1000);
    expect(await refusal(cell.order())).toBe('accepted');
  });

  it('of the future, after the clock was set back, still count', async () => {
    await restart({ orders_per_hour: 1 });
    await cell.order();
    world.clock.leap(-24 * hour);
    expect(await refusal(cell.order())).toBe('offer/limit-reached');
    world.clock.leap(24 * hour);
  });
});

describe('nonces', () => {
  it('wait 64 at a time, each ten minutes', async () => {
    for (let i = 0; i < 64; i += 1) await asked();
    expect(await refusal(asked())).toBe('offer/limit-reached');
    world.clock.leap(10 * minute + 1000);
    expect(await refusal(asked())).toBe('accepted');
  });
});
