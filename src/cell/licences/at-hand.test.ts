import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import type { Payload } from '#wire/messages.ts';
import { sha256 } from '#wire/signed-message.ts';

const hour = 3_600_000;

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
  const { token } = world.config;
  cell = await world.ready({ token: { ...token, prekey_pool: { low: 16, batch: 16 } } });
});
afterEach(() => cell[Symbol.asyncDispose]());

const restart = async (): Promise<void> => {
  await cell[Symbol.asyncDispose]();
  cell = await world.boot();
};
const seconds = (): number => Math.floor(world.clock.now() / 1000);
const outputs = (licensor: number, marketplace: number): Payload<'OFFER'>['outputs'] => [
  { role: 'licensor', script: new Uint8Array(0), sat: licensor },
  { role: 'marketplace', script: new Uint8Array(0), sat: marketplace },
];

/** Signs an order for uses bought ahead. */
async function orderStock(quantity: number, changes: Partial<Payload<'OFFER'>> = {}): Promise<Uint8Array> {
  const { recipe_id: recipe, version } = world.drink.manifest;
  const { nonce } = await cell.ask('offer_nonce', { recipe, version, quantity });
  const price = 900 * quantity;
  const money = { quantity, price, outputs: outputs(630 * quantity, 270 * quantity) };
  const offer = await world.market.offer(world.machine, world.drink, nonce, { ...money, ...changes });
  return (await cell.ask('order', { order: randomUUID(), offer, stock: true })).message;
}

/** Buys uses ahead; answers the licence. */
async function stock(
  quantity: number,
  changes: Partial<Payload<'LICENCE'>> = {},
  offer: Partial<Payload<'OFFER'>> = {},
): Promise<Uint8Array> {
  const order = sha256(await orderStock(quantity, offer));
  const claims = await world.market.claims(world.machine, world.drink, { order }, cell.freeKids(quantity), {
    seq: cell.ledger.lastSeq + 1,
    ...changes,
  });
  const message = await world.market.licence(claims);
  await cell.ask('licence', { message });
  return message;
}

const recipe = () => {
  const { recipe_id, version } = world.drink.manifest;
  return { recipe: recipe_id, version, manifest: world.drink.digest };
};
const atHand = (order: string = randomUUID(), of = recipe()) =>
  cell.ask('reserve_at_hand', { order, ...of }).then(({ use }) => use);
const held = async () => (await cell.ask('status', {})).licences;

describe('uses that were bought ahead', () => {
  it('serve any orders for their recipe, each once', async () => {
    await stock(3);
    expect(await held()).toMatchObject([{ seq: 1, unused: 3, at_hand: 3, state: 'good', kind: 'single_use' }]);
    const kids = new Set<string>();
    for (let n = 0; n < 3; n += 1) {
      const order = randomUUID();
      expect(await atHand(order)).toMatchObject({ price: 900, licensor: 630, marketplace: 270 });
      kids.add(hex(cell.useOf(order).kid));
    }
    expect(kids.size).toBe(3);
    expect(await atHand()).toBeNull();
    expect(await held()).toMatchObject([{ unused: 3, at_hand: 0 }]);
  });

  it('are at most sixteen in one licence', async () => {
    await stock(16);
    expect(await held()).toMatchObject([{ unused: 16, at_hand: 16 }]);
    await expect(orderStock(17)).rejects.toThrow('<=16');
  });

  it('are of this recipe, version and manifest', async () => {
    await stock(1);
    const mine = recipe();
    expect(await atHand(undefined, { ...mine, recipe: new Uint8Array(16) })).toBeNull();
    expect(await atHand(undefined, { ...mine, version: mine.version + 1 })).toBeNull();
    expect(await atHand(undefined, { ...mine, manifest: new Uint8Array(32) })).toBeNull();
    expect(await atHand()).not.toBeNull();
  });

  it('stay with an order that asks again, restart or not, until it gives them back', async () => {
    await stock(2);
    const order = randomUUID();
    const first = await atHand(order);
    expect(await atHand(order)).toEqual(first);
    expect(await held()).toMatchObject([{ at_hand: 1 }]);
    expect(await cell.ask('reserve', { order })).toEqual({ cti: first?.cti });
    await cell.ask('release', { order, given_up: true });
    expect(await held()).toMatchObject([{ at_hand: 2 }]);
  });

  it('that an order steps back from wait for it, restart or not, until it is given up', async () => {
    await stock(1);
    const order = randomUUID();
    const first = await atHand(order);
    await cell.ask('release', { order });
    expect(await atHand()).toBeNull();
    expect((await cell.ask('status', {})).unfinished).toMatchObject([{ order, stage: 'granted' }]);
    expect(await cell.ask('reserve', { order })).toEqual({ cti: first?.cti });
    await restart();
    // what was reserved is released by the restart
    expect(await atHand()).toBeNull();
    expect(await atHand(order)).toEqual(first);
    await cell.ask('release', { order, given_up: true });
    expect((await cell.ask('status', {})).unfinished).toEqual([]);
    expect(await atHand()).toEqual(first);
  });

  it('that run out first go first', async () => {
    const now = seconds();
    await stock(1, { exp: now + 5000 });
    await stock(1, { exp: now + 1000 });
    await stock(1, { exp: now + 9000 });
    const order = randomUUID();
    await atHand(order);
    expect(cell.ledger.licences.get(hex(cell.useOf(order).cti ?? new Uint8Array(0)))?.seq).toBe(2);
  });

  it('are for the offer’s quantity, which is the one that was asked for', async () => {
    expect(await refusal(orderStock(3, { quantity: 2 }))).toBe('offer/nonce-mismatch');
    expect(await refusal(orderStock(2, { quantity: 3 }))).toBe('offer/nonce-mismatch');
  });

  it('cost, all of them, against what may be spent in a day', async () => {
    await cell[Symbol.asyncDispose]();
    cell = await world.boot({ limits: { ...world.config.limits, licence_sat_per_day: 2000 } });
    expect(await refusal(orderStock(3))).toBe('offer/limit-reached');
    expect(await refusal(orderStock(2))).toBe('accepted');
    expect(await refusal(orderStock(1))).toBe('offer/limit-reached');
  });

  it('are opened only as far as they may be unsynced, and again when what is over is booked', async () => {
    await stock(3, { terms: { kind: 'single_use', max_unsynced: 1 } });
    const order = randomUUID();
    await atHand(order);
    const { kid } = cell.useOf(order);
    await cell.parts.books.append({ kind: 'BURNED', kid, stock: [] });
    await cell.parts.books.append({ kind: 'VOIDED', kid, reason: 'a test', pieces: 0, at: 1 });
    expect(await held()).toMatchObject([{ unused: 2, at_hand: 0 }]);
    expect(await atHand()).toBeNull();
    const own = await cell.buy({ terms: { kind: 'single_use', max_unsynced: 1 } });
    expect(await refusal(cell.ask('reserve', { order: own }))).toBe('licence/unsynced');
    await cell.parts.books.append({ kind: 'OUTCOME_BOOKED', kid, at: 1 });
    expect(await atHand()).not.toBeNull();
    expect(await refusal(cell.ask('reserve', { order: own }))).toBe('accepted');
  });

  it('of a quarantined machine serve nobody', async () => {
    await stock(1);
    await cell.ask('head_answer', { message: await world.market.quarantine(world.machine) });
    expect(await refusal(atHand())).toBe('machine/quarantined');
  });
});

describe('the use of an order', () => {
  it('is nobody else’s while the order stands, also when it steps back for others', async () => {
    const order = await cell.buy();
    expect(await atHand()).toBeNull();
    await cell.ask('reserve', { order });
    await cell.ask('release', { order });
    expect(await atHand()).toBeNull();
    expect((await cell.ask('status', {})).unfinished).toMatchObject([{ order, stage: 'granted' }]);
    expect(await refusal(cell.ask('reserve', { order }))).toBe('accepted');
  });

  it('is for any other once the order is given up, restart or not, and is said to be no more', async () => {
    const order = await cell.buy();
    await cell.ask('reserve', { order });
    await cell.ask('release', { order, given_up: true });
    await restart();
    expect((await cell.ask('status', {})).unfinished).toEqual([]);
    const entries = cell.ledger.count;
    await cell.ask('release', { order, given_up: true });
    expect(cell.ledger.count).toBe(entries);
    const other = randomUUID();
    expect(await atHand(other)).toMatchObject({ price: 900, licensor: 630 });
    expect(cell.useOf(other).stage).toBe('reserved');
  });

  it('may be given up before its licence comes', async () => {
    const { order, message } = await cell.order();
    await cell.ask('release', { order, given_up: true });
    const because = { order: sha256(message) };
    const claims = await world.market.claims(world.machine, world.drink, because, cell.freeKids(1));
    await cell.ask('licence', { message: await world.market.licence(claims) });
    expect(await held()).toMatchObject([{ at_hand: 1 }]);
  });

  it('goes before one that was bought ahead', async () => {
    await stock(1);
    const order = await cell.buy();
    const use = await atHand(order);
    expect(cell.ledger.licences.get(hex(use?.cti ?? new Uint8Array(0)))?.order).toBe(order);
    expect(await held()).toMatchObject([{ seq: 1, at_hand: 1 }, { seq: 2 }]);
  });

  it('that is over is not replaced by another at hand', async () => {
    await stock(2);
    const order = randomUUID();
    await atHand(order);
    await cell.parts.books.append({ kind: 'BURN_INTENT', kid: cell.useOf(order).kid, at: 1 });
    expect(await refusal(atHand(order))).toBe('licence/spent');
  });
});

describe('whoever comes and goes', () => {
  it('no two orders have one use, and none that got a use loses it before it is given up', async () => {
    const step = fc.oneof(
      fc.record({ t: fc.constantFrom('ask', 'ask', 'back', 'give up', 'again'), n: fc.nat(4) }),
      fc.constant({ t: 'restart', n: 0 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        await cell[Symbol.asyncDispose]();
        world.disk = blank.copy();
        cell = await world.ready();
        await stock(2);
        const own = await cell.buy();
        const orders = [own, ...Array.from({ length: 4 }, () => randomUUID())];
        const over = new Set<string>();
        const having = new Set<string>();
        for (const { t, n } of steps) {
          const order = orders[n] ?? own;
          if (t === 'restart') await restart();
          else if (over.has(order)) continue;
          else if (t === 'ask') {
            const got = await atHand(order);
            if (having.has(order) || order === own) expect(got).not.toBeNull();
            if (got !== null) having.add(order);
          } else if (t === 'again' && having.has(order)) {
            expect(await refusal(cell.ask('reserve', { order }))).toBe('accepted');
          } else if (t === 'back') {
            await cell.ask('release', { order });
          } else if (t === 'give up') {
            await cell.ask('release', { order, given_up: true });
            over.add(order);
            having.delete(order);
          }
          const kids = [...cell.ledger.uses.values()].flatMap((use) => (use.stage === 'reserved' ? [use.order] : []));
          expect(new Set(kids).size).toBe(kids.length);
          expect(having.size).toBeLessThanOrEqual(3);
        }
        for (const order of having) expect(await refusal(cell.ask('reserve', { order }))).toBe('accepted');
      }),
      { numRuns: 12 },
    );
  });
});

describe('a licence for a window', () => {
  const window = { kind: 'window' as const, max_unsynced: 8 };

  it('is stored long before it begins, opened within it, and not after it', async () => {
    await cell.tellTime();
    const now = seconds();
    await stock(3, { terms: window, nbf: now + 3600, exp: now + 7200 });
    expect(await held()).toMatchObject([{ kind: 'window', unused: 3, at_hand: 0, state: 'early' }]);
    expect(await atHand()).toBeNull();
    world.clock.leap(hour + 1000);
    await restart();
    await cell.tellTime();
    expect(await held()).toMatchObject([{ at_hand: 3, state: 'good' }]);
    const order = randomUUID();
    expect(await atHand(order)).not.toBeNull();
    world.clock.leap(hour);
    await restart();
    await cell.tellTime();
    expect(await held()).toMatchObject([{ at_hand: 0, state: 'expired' }]);
    expect(await atHand()).toBeNull();
    world.clock.leap(-2 * hour);
  });

  it('pauses while the time is not trusted; single uses go on', async () => {
    await cell.tellTime();
    const now = seconds();
    await stock(1, { terms: window, nbf: now - 60, exp: now + 7200 });
    await stock(1, { exp: now + 7200 });
    expect(await held()).toMatchObject([{ state: 'good' }, { state: 'good' }]);
    world.clock.leap(61 * 60_000);
    expect((await cell.ask('status', {})).time).toMatchObject({ trusted: false, why: 'ahead' });
    expect(await held()).toMatchObject([
      { kind: 'window', state: 'paused', at_hand: 0 },
      { kind: 'single_use', state: 'good', at_hand: 1 },
    ]);
    const order = randomUUID();
    expect(await atHand(order)).not.toBeNull();
    expect(cell.ledger.licences.get(hex(cell.useOf(order).cti ?? new Uint8Array(0)))?.terms?.kind).toBe('single_use');
    const own = await cell.buy({ terms: window, nbf: now - 60, exp: now + 7200 });
    expect(await refusal(cell.ask('reserve', { order: own }))).toBe('time/untrusted');
    world.clock.leap(-61 * 60_000);
    expect(await refusal(cell.ask('reserve', { order: own }))).toBe('accepted');
  });

  it('of which the use is reserved already is judged again when it is opened', async () => {
    await cell.tellTime();
    const order = await cell.buy({ terms: window, nbf: seconds() - 60, exp: seconds() + 7200 });
    await cell.ask('reserve', { order });
    world.clock.leap(-3 * hour);
    expect(await refusal(cell.ask('check', { order }))).toBe('time/untrusted');
    world.clock.leap(3 * hour);
  });

  it('that has surely run out ends a single use, too, whatever the clock shows', async () => {
    const order = await cell.buy({ exp: seconds() + 60 });
    world.clock.leap(61_000);
    await cell.tellTime();
    world.clock.leap(-hour);
    expect((await cell.ask('status', {})).time.why).toBe('behind');
    expect(await refusal(cell.ask('reserve', { order }))).toBe('licence/expired');
    world.clock.leap(hour - 61_000);
  });
});
