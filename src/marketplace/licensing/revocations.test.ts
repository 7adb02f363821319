import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '#tests/support/marketplace/people.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import { TestMachine } from '#tests/support/marketplace/test-machine.ts';
import {
  type Drink,
  publishDrink,
  sealTheDrink,
  type TestWorld,
  testWorld,
} from '#tests/support/marketplace/test-world.ts';
import { revokeTopic } from '#wire/marketplace-api.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage } from '#wire/signed-message.ts';
import { bitReader } from '#wire/status-bits.ts';

const hour = 3_600_000;

let world: TestWorld;
let machine: TestMachine;
let person: Person;

beforeAll(async () => {
  world = await testWorld();
  person = await world.enrolled('mixer-1');
  machine = new TestMachine(world, person);
  await world.credit(person, 100_000);
  await machine.sendPrekeys(12);
});
afterAll(() => world[Symbol.asyncDispose]());

const anchors = () => ({ licensing: [world.identity.ca] });
const statusList = async (): Promise<Payload<'STATUS_LIST'>> =>
  openMessage('STATUS_LIST', await world.services.licensing.statusList(), anchors(), world.clock.now()).payload;
const revoke = (target: Payload<'REVOKE'>['target']): Promise<void> =>
  world.services.licensing.revoke(target, 'Ada', 'a test');

describe('the time', () => {
  it('is signed for the machine and the nonce that asked', async () => {
    const nonce = new Uint8Array(16).fill(7);
    const message = await world.services.licensing.time(machine.name, nonce);
    const { payload } = openMessage('TIME', message, anchors(), world.clock.now());
    expect(payload).toEqual({ machine: machine.name, nonce, time: world.clock.now() });
  });
});

describe('the status list', () => {
  it('is the same until half of its life is gone or something is revoked, then has a higher number', async () => {
    const first = await world.services.licensing.statusList();
    expect(await world.services.licensing.statusList()).toEqual(first);
    const { number, issued, expires, list } = await statusList();
    expect(expires - issued).toBe(24 * hour);
    expect(list).toBe(`${world.issuer}/v1/status/1`);
    await world.clock.advance(12 * hour);
    const later = await statusList();
    expect(later.number).toBeGreaterThan(number);
    expect(later.issued).toBe(issued + 12 * hour);
    await revoke({ t: 'machine', machine: 'somebody-else' });
    const next = await statusList();
    expect(next.number).toBeGreaterThan(later.number);
    expect(next.machines).toEqual(['somebody-else']);
  });

  it('asked for by many at once is made once', async () => {
    await world.clock.advance(13 * hour);
    const all = await Promise.all(Array.from({ length: 6 }, () => statusList()));
    expect(new Set(all.map(({ number }) => number)).size).toBe(1);
  });

  it('has a place of its own for each licence of each machine', async () => {
    const other = new TestMachine(world, await world.enrolled('mixer-2'));
    await world.credit(other.person, 10_000);
    await other.sendPrekeys(2);
    const licences = [await machine.buy(world.drink), await other.buy(world.drink), await machine.buy(world.drink)];
    expect(new Set(licences.map(({ status }) => status.idx)).size).toBe(3);
    const [good, bad] = licences;
    await revoke({ t: 'licence', cti: bad?.cti ?? new Uint8Array(16) });
    const isSet = bitReader((await statusList()).bits);
    expect([isSet(good?.status.idx ?? -1), isSet(bad?.status.idx ?? -1)]).toEqual([false, true]);
  });
});

describe('a revocation', () => {
  it('of a licence that was never issued is refused', async () => {
    expect(await refusal(revoke({ t: 'licence', cti: new Uint8Array(16) }))).toBe('licence/none');
  });

  it('is pushed at once to the machine that it concerns', async () => {
    const { cti } = await machine.buy(world.drink);
    await revoke({ t: 'licence', cti });
    await world.courier.idle();
    const pushed = world.broker.taken.filter(({ topic }) => topic === revokeTopic(machine.name)).at(-1);
    const { payload } = openMessage('REVOKE', pushed?.payload ?? new Uint8Array(0), anchors(), world.clock.now());
    expect(payload).toEqual({ target: { t: 'licence', cti }, reason: 'a test', time: world.clock.now() });
    expect(world.broker.taken.filter(({ topic }) => topic === revokeTopic('mixer-2')).at(-1)?.payload).not.toEqual(
      pushed?.payload,
    );
  });

  it('twice changes nothing but the record of who did it', async () => {
    const { cti } = await machine.buy(world.drink);
    await revoke({ t: 'licence', cti });
    const { bits } = await statusList();
    await revoke({ t: 'licence', cti });
    expect((await statusList()).bits).toEqual(bits);
  });

  it('of a machine ends its buying, and no other’s', async () => {
    const stolen = new TestMachine(world, await world.enrolled('mixer-3'));
    await world.credit(stolen.person, 10_000);
    await stolen.sendPrekeys(2);
    const offer = await stolen.offer(world.drink);
    await revoke({ t: 'machine', machine: stolen.name });
    expect(await refusal(stolen.offer(world.drink))).toBe('machine/revoked');
    const { licensing, payments } = world.services;
    const before = await payments.balance(`machine:${stolen.name}`);
    expect(await refusal(licensing.order(stolen.name, await stolen.order(offer)))).toBe('machine/revoked');
    expect(await payments.balance(`machine:${stolen.name}`)).toBe(before);
    expect((await statusList()).machines).toContain(stolen.name);
    expect(await refusal(machine.offer(world.drink))).toBe('accepted');
  });

  it('of one version of a recipe ends the sale of that version', async () => {
    const next = await published({ version: 4 });
    const offer = await machine.offer(next);
    await revoke({ t: 'recipe', recipe: next.recipe, version: 4 });
    expect(await refusal(machine.offer(next))).toBe('recipe/unknown');
    const { licensing } = world.services;
    expect(await refusal(licensing.order(machine.name, await machine.order(offer)))).toBe('recipe/revoked');
    expect(await refusal(machine.buy(world.drink))).toBe('accepted');
    expect((await statusList()).recipes).toEqual([{ recipe: next.recipe, version: 4 }]);
  });

  it('of a recipe answers a claim for it, too: nothing is licensed again', async () => {
    const next = await published({ version: 5 });
    const licence = await machine.buy(next);
    await revoke({ t: 'recipe', recipe: next.recipe, version: 5 });
    const answer = await world.services.licensing.voidClaim(machine.name, await machine.voidClaim(licence));
    const { payload } = openMessage('REFUSED', answer ?? new Uint8Array(0), anchors(), world.clock.now());
    expect(payload.code).toBe('recipe/revoked');
  });

  it('of an author is judged by when a licence is issued', async () => {
    const since = Math.floor(world.clock.now() / 1000) + 3600;
    await revoke({ t: 'author', name: world.author.name, since });
    expect(await refusal(machine.buy(world.drink))).toBe('accepted');
    await world.clock.advance(hour);
    expect(await refusal(machine.buy(world.drink))).toBe('recipe/unknown');
    expect((await statusList()).authors).toEqual([{ name: world.author.name, since }]);
  });
});

async function published(changes: Parameters<typeof sealTheDrink>[1]): Promise<Drink> {
  const drink = await sealTheDrink(world.author, changes);
  await publishDrink(world.services, world.author, drink, 'S');
  return drink;
}
