import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sealMessage, sha256 } from '#wire/signed-message.ts';
import type { Use } from './ledger.ts';

const hour = 3_600_000;
const status = (idx: number) => ({ status: { list: 'https://paper.test/status/1', idx } });

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

const restart = async (): Promise<void> => {
  await cell[Symbol.asyncDispose]();
  cell = await world.boot();
};
const take = async (message: Uint8Array): Promise<number> => (await cell.ask('revocations', { message })).withdrawn;
/** A newer list. */
const list = (revoked: readonly number[], changes: Partial<Payload<'STATUS_LIST'>> = {}): Promise<number> =>
  world.market.statusList(revoked, { number: 2, ...changes }).then(take);
const reserve = (order: string): Promise<string> => refusal(cell.ask('reserve', { order }));
/** The use of the licence that was bought for an order. */
const boughtFor = (order: string): Use => {
  const { ledger } = cell;
  const use = [...ledger.uses.values()].find(
    ({ cti }) => cti !== null && ledger.licences.get(hex(cti))?.order === order,
  );
  if (use === undefined) throw new Error('nothing was bought');
  return use;
};
const isAlive = (order: string): boolean => world.token.hasKey(boughtFor(order).label);

describe('a status list', () => {
  it('destroys the unspent keys of a licence whose bit is set, and of no other', async () => {
    const [good, bad] = [await cell.buy(status(3)), await cell.buy(status(4))];
    expect(await list([4])).toBe(1);
    expect([boughtFor(good).stage, boughtFor(bad).stage]).toEqual(['granted', 'withdrawn']);
    expect([isAlive(good), isAlive(bad)]).toEqual([true, false]);
    expect([await reserve(good), await reserve(bad)]).toEqual(['accepted', 'licence/revoked']);
  });

  it('of another name says nothing about a licence', async () => {
    const order = await cell.buy({ status: { list: 'https://paper.test/status/2', idx: 4 } });
    expect(await list([4])).toBe(0);
    expect(await reserve(order)).toBe('accepted');
  });

  it('withdraws a use that is reserved, and one of a licence that comes only afterwards', async () => {
    const reserved = await cell.buy(status(5));
    await cell.ask('reserve', { order: reserved });
    expect(await list([5, 6])).toBe(1);
    expect(isAlive(reserved)).toBe(false);
    const late = await cell.buy(status(6));
    expect(await reserve(late)).toBe('licence/revoked');
    expect(isAlive(late)).toBe(false);
    // its number is taken all the same: what comes after it is not held up
    expect(await reserve(await cell.buy(status(7)))).toBe('accepted');
  });

  it('holds after a restart, also for a key that a crash kept from being destroyed', async () => {
    const order = await cell.buy(status(5));
    world.token.before = (step) => {
      if (step === 'destroy') throw new Error('the process ends here');
    };
    await expect(list([5])).rejects.toThrow('ends here');
    world.token.before = () => {};
    expect([boughtFor(order).stage, isAlive(order)]).toEqual(['withdrawn', true]);
    await restart();
    expect(isAlive(order)).toBe(false);
    expect(await reserve(order)).toBe('licence/revoked');
    const next = await cell.buy(status(5));
    expect(await reserve(next)).toBe('licence/revoked');
  });

  it('that was kept but not acted upon before the process ended is acted upon at the next start', async () => {
    const order = await cell.buy(status(5));
    const { books } = cell.parts;
    const message = await world.market.statusList([5], { number: 2 });
    await world.disk.replace('licences/status.cose', message);
    const { expires } = openMessage('STATUS_LIST', message, world.anchors, world.clock.now()).payload;
    const at = world.clock.now();
    await books.append({ kind: 'STATUS_LIST', number: 2, digest: sha256(message), expires, at });
    expect(isAlive(order)).toBe(true);
    await restart();
    expect([isAlive(order), await reserve(order)]).toEqual([false, 'licence/revoked']);
  });

  it('that was damaged on the disk is not used, and may come again', async () => {
    const order = await cell.buy(status(5));
    const message = await world.market.statusList([], { number: 2 });
    await take(message);
    world.disk.put('licences/status.cose', new Uint8Array(3));
    await restart();
    expect(await reserve(order)).toBe('accepted');
    await take(message);
    expect(world.disk.bytes('licences/status.cose')).toEqual(message);
  });

  it('that is older, has run out or is not signed by licensing is refused; the same again changes nothing', async () => {
    await list([]);
    const entries = cell.ledger.count;
    expect(await refusal(world.market.statusList([1], { number: 1 }).then(take))).toBe('licence/list-stale');
    expect(await refusal(list([1], { number: 3, expires: world.clock.now() - 1 }))).toBe('licence/list-stale');
    const signed = await world.market.statusList([1], { number: 3 });
    const { payload } = openMessage('STATUS_LIST', signed, world.anchors, world.clock.now());
    const forged = await sealMessage('STATUS_LIST', payload, world.market.catalogue.signer);
    expect(await refusal(take(forged))).toBe('message/not-authentic');
    const bomb = { ...payload, bits: new Uint8Array(100).fill(0xff) };
    const unreadable = await sealMessage('STATUS_LIST', bomb, world.market.licensing.signer);
    expect(await refusal(take(unreadable))).toBe('message/malformed');
    expect(await list([])).toBe(0);
    expect(cell.ledger.count).toBe(entries);
    const again = world.disk.bytes('licences/status.cose').slice();
    await take(again);
    expect(cell.ledger.count).toBe(entries);
    expect((await cell.ask('status', {})).status_list).toMatchObject({ number: 2 });
  });

  it('names machines and recipes as a whole', async () => {
    const { recipe_id: recipe, version } = world.drink.manifest;
    const order = await cell.buy();
    expect(await list([], { machines: ['other-machine'], recipes: [{ recipe, version: version + 1 }] })).toBe(0);
    expect(await list([], { number: 3, recipes: [{ recipe: new Uint8Array(16), version: null }] })).toBe(0);
    expect(isAlive(order)).toBe(true);
    expect(await list([], { number: 4, recipes: [{ recipe, version }] })).toBe(1);
    const another = await cell.buy();
    expect(isAlive(another)).toBe(false);
  });

  it('names this machine: whatever lies in it is gone', async () => {
    const orders = [await cell.buy(), await cell.buy()];
    expect(await list([], { machines: [world.machine] })).toBe(2);
    expect(orders.map(isAlive)).toEqual([false, false]);
  });

  it('names an author: licences that were issued before stay good', async () => {
    const iat = Math.floor(world.clock.now() / 1000);
    const [before, after] = [await cell.buy({ iat: iat - 60 }), await cell.buy({ iat })];
    expect(await list([], { authors: [{ name: 'Somebody Else', since: 0 }] })).toBe(0);
    expect(await list([], { number: 3, authors: [{ name: world.author.name, since: iat }] })).toBe(1);
    expect([isAlive(before), isAlive(after)]).toEqual([true, false]);
  });
});

describe('a licence that has surely run out', () => {
  it('is cleared away with the next list or at the next start, and its keys with it', async () => {
    const soon = Math.floor(world.clock.now() / 1000) + 60;
    const [first, second] = [await cell.buy({ exp: soon }), await cell.buy({ exp: soon + 3600 })];
    world.clock.leap(61_000);
    // what the computer shows is not sure
    expect(await list([])).toBe(0);
    await cell.tellTime();
    expect(await list([], { number: 3 })).toBe(1);
    expect([isAlive(first), isAlive(second)]).toEqual([false, true]);
    expect([await reserve(first), await reserve(second)]).toEqual(['licence/expired', 'accepted']);
    world.clock.leap(2 * hour);
    await cell.tellTime();
    await restart();
    expect(isAlive(second)).toBe(false);
    expect(await reserve(second)).toBe('licence/expired');
    world.clock.leap(-2 * hour - 61_000);
  });
});

describe('a REVOKE', () => {
  it('acts at once', async () => {
    const [good, bad] = [await cell.buy(), await cell.buy()];
    const { cti } = boughtFor(bad);
    expect(await take(await world.market.revoke({ t: 'licence', cti: cti ?? new Uint8Array(16) }))).toBe(1);
    expect([isAlive(good), isAlive(bad)]).toEqual([true, false]);
    expect(await take(await world.market.revoke({ t: 'licence', cti: cti ?? new Uint8Array(16) }))).toBe(0);
    expect(await take(await world.market.revoke({ t: 'machine', machine: 'other' }))).toBe(0);
    const { recipe_id: recipe } = world.drink.manifest;
    expect(await take(await world.market.revoke({ t: 'recipe', recipe, version: null }))).toBe(1);
    expect(isAlive(good)).toBe(false);
  });

  it('leaves what is burned or spent as it is', async () => {
    const order = await cell.buy();
    await cell.ask('reserve', { order });
    const { kid } = cell.useOf(order);
    await cell.parts.books.append({ kind: 'BURN_INTENT', kid, at: 1 });
    expect(await take(await world.market.revoke({ t: 'machine', machine: world.machine }))).toBe(0);
    expect(cell.useOf(order).stage).toBe('intent');
  });

  it('comes from licensing only', async () => {
    const payload = { target: { t: 'machine', machine: world.machine }, reason: '', time: 1 } as const;
    const forged = await sealMessage('REVOKE', payload, world.market.catalogue.signer);
    expect(await refusal(take(forged))).toBe('message/not-authentic');
    expect(await refusal(take(new Uint8Array(5)))).toBe('message/malformed');
  });
});

describe('a list that has run out', () => {
  /** A use that is over and booked. */
  async function used(): Promise<void> {
    const order = await cell.buy();
    await cell.ask('reserve', { order });
    const { kid } = cell.useOf(order);
    await cell.parts.books.append({ kind: 'BURNED', kid, stock: [] });
    await cell.parts.books.append({ kind: 'VOIDED', kid, reason: 'a test', pieces: 0, at: 1 });
    await cell.parts.books.append({ kind: 'OUTCOME_BOOKED', kid, at: 1 });
    await cell.sendPrekeys();
  }

  it('lets so many uses be opened as may be unsynced, then pauses until a fresh one comes', async () => {
    const terms = { kind: 'single_use' as const, max_unsynced: 2 };
    await list([], { expires: world.clock.now() + hour });
    for (let n = 0; n < 3; n += 1) await used();
    world.clock.leap(hour + 60_000);
    await cell.tellTime();
    await used();
    const one = await cell.buy({ terms });
    expect(await reserve(one)).toBe('accepted');
    await cell.ask('release', { order: one });
    await used();
    expect(await reserve(one)).toBe('licence/list-stale');
    await list([], { number: 3 });
    expect(await reserve(one)).toBe('accepted');
  });
});
