import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { openJournal } from './journal/journal.ts';
import { licencePath } from './licences/licence-files.ts';

let world: CellWorld;
let cell: TestCell;
let blank: MemoryDisk;

beforeAll(async () => {
  world = await cellWorld('soft');
  blank = world.disk;
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.disk = blank.copy();
  world.token.before = () => {};
  world.token.job = (real) => real;
  cell = await world.ready();
});
afterEach(async () => {
  await cell[Symbol.asyncDispose]();
  expect(world.token.openJobs).toBe(0);
});

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? 'no failure',
  );
const buffersAreWiped = (): boolean => {
  const { inner, record } = cell.parts.buffers;
  return [...inner, ...record].every((byte) => byte === 0);
};
const entries = async () => (await openJournal(world.disk.copy())).entries;
const outcome = async (order: string) => cell.ask('outcome', { order });
const start = (order: string) => cell.ask('start', { order });

/** A drink that is held because the glass is gone, for as long as the test wants. */
async function heldDrink(): Promise<string> {
  await cell[Symbol.asyncDispose]();
  cell = await world.boot({ limits: { ...world.config.limits, held_ms: 600_000 } });
  return cell.held();
}

describe('a drink', () => {
  it('is bought, licensed, checked, burned and poured', async () => {
    const result = await cell.pour();
    expect(result).toMatchObject({ result: 'ok', reason: '', pieces: 8, ordered_ul: 191_500, void_claim: false });
    expect(Math.abs(result.delivered_ul - 191_500)).toBeLessThan(3000);
    const weighed = cell.dispenser.weigh().reduce((sum, ul) => sum + ul, 0);
    expect(Math.abs(weighed - 191_500)).toBeLessThan(3000);
    expect(await cell.dispenser.readBack()).toBe(0);
    expect(buffersAreWiped()).toBe(true);
    expect(cell.parts.mixer.idle).toBe(true);
  });

  it('is written down step by step, and no clock between burned and spent', async () => {
    await cell.pour();
    const story = await entries();
    const from = story.findIndex(({ kind }) => kind === 'RESERVED');
    expect(story.slice(from).map(({ kind }) => kind)).toEqual([
      'RESERVED',
      'BURN_INTENT',
      'BURNED',
      'SPENT',
      'CLAIMED',
    ]);
    // four pieces begun and done, and the last: beside the journal, each on the medium before the next step, gone in the end
    const kept = world.disk.steps.filter((step) => step.endsWith(' journal/pour.log'));
    expect(kept.filter((step) => step.startsWith('write') || step.startsWith('sync'))).toEqual(
      Array.from({ length: 9 }, () => ['write journal/pour.log', 'sync journal/pour.log']).flat(),
    );
    expect(world.disk.bytes('journal/pour.log')).toHaveLength(0);
    const burned = story.findIndex(({ kind }) => kind === 'BURNED');
    for (const entry of story.slice(burned, -2)) expect(entry).not.toHaveProperty('at');
  });

  it('leaves no key of its use in the token', async () => {
    const order = await cell.checked();
    const { label } = cell.useOf(order);
    expect(world.token.hasKey(label)).toBe(true);
    await start(order);
    expect(world.token.hasKey(label)).toBe(false);
    await cell.done(order);
    expect(world.token.openJobs).toBe(0);
  });

  it('lowers the stock that anyone sees by its published bounds, not by its amounts', async () => {
    await cell.pour();
    const bounds = new Map(world.drink.manifest.ingredients.map(({ id, max_ul }) => [id, max_ul]));
    for (const { ingredient, stock_ul, bottle_ul } of (await cell.ask('status', {})).lines) {
      expect(bottle_ul - stock_ul).toBe(bounds.get(ingredient));
    }
  });

  it('tells percents in whole half seconds, never 100, and its end', async () => {
    await cell[Symbol.asyncDispose]();
    cell = await world.boot({ simulation: { seed: 1, speed: 15, noise: false } });
    const order = await cell.checked();
    await start(order);
    expect((await cell.ask('status', {})).state).toBe('pouring');
    expect(cell.parts.mixer.idle).toBe(false);
    await cell.done(order);
    const percents = cell.events.flatMap(({ event, body }) => (event === 'percent' ? [body.percent] : []));
    expect(percents.length).toBeGreaterThan(1);
    for (const percent of percents) expect(percent).toBeLessThan(100);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(cell.events.at(-1)?.event).toBe('done');
  });

  it('is over once: a use that is spent is not reserved, checked or begun again', async () => {
    const { order } = await cell.pour();
    expect(await refusal(cell.ask('reserve', { order }))).toBe('licence/spent');
    expect(await refusal(cell.ask('check', { order }))).toBe('licence/spent');
    expect(await refusal(start(order))).toBe('order/wrong-state');
    await cell.ask('release', { order });
    expect(cell.useOf(order).stage).toBe('spent');
  });

  it('may be followed by another', async () => {
    await cell.pour();
    expect((await cell.pour()).result).toBe('ok');
  });
});

describe('a card that is put back to before the drink', () => {
  it('pours nothing: the key that its licence needs is gone', async () => {
    const order = await cell.checked();
    const card = world.disk.copy();
    await start(order);
    expect((await cell.done(order)).result).toBe('ok');
    await cell[Symbol.asyncDispose]();
    world.disk = card;
    cell = await world.boot();
    expect(await refusal(cell.ask('reserve', { order }))).toBe('accepted');
    expect(await refusal(cell.ask('check', { order }))).toBe('licence/key-gone');
    expect(await refusal(start(order))).toBe('order/wrong-state');
  });
});

describe('reserving', () => {
  it('sets one use aside, and the same one when asked again', async () => {
    const order = await cell.buy();
    const { cti } = await cell.ask('reserve', { order });
    expect(await cell.ask('reserve', { order })).toEqual({ cti });
    const both = await Promise.all([cell.ask('reserve', { order }), cell.ask('check', { order })]);
    expect(both[0]).toEqual({ cti });
    expect((await entries()).filter(({ kind }) => kind === 'RESERVED')).toHaveLength(1);
    expect((await cell.ask('status', {})).unfinished).toMatchObject([{ order, stage: 'reserved' }]);
  });

  it('needs a licence for the order', async () => {
    await cell.buy();
    expect(await refusal(cell.ask('reserve', { order: randomUUID() }))).toBe('licence/none');
    expect(await refusal(cell.ask('check', { order: randomUUID() }))).toBe('licence/none');
  });

  it('needs the key in the token', async () => {
    const order = await cell.buy();
    const [granted] = [...cell.ledger.uses.values()].filter(({ stage }) => stage === 'granted');
    await world.token.destroyKey(granted?.label ?? '');
    expect(await refusal(cell.ask('reserve', { order }))).toBe('licence/key-gone');
  });

  it('is taken back by a release', async () => {
    const order = await cell.checked();
    await cell.ask('release', { order });
    await cell.ask('release', { order });
    expect(cell.parts.mixer.idle).toBe(true);
    expect(world.token.openJobs).toBe(0);
    expect((await cell.ask('status', {})).licences).toMatchObject([{ unused: 1 }]);
    await cell.ask('check', { order });
    await start(order);
    expect((await cell.done(order)).result).toBe('ok');
  });
});

describe('checking', () => {
  it('answers the published duration, again and again', async () => {
    const order = await cell.buy();
    const { duration_ms } = world.drink.manifest.bounds;
    expect(await cell.ask('check', { order })).toEqual({ duration_ms });
    expect(await cell.ask('check', { order })).toEqual({ duration_ms });
    expect(world.token.openJobs).toBe(1);
    expect(buffersAreWiped()).toBe(true);
  });

  it('is for one order at a time', async () => {
    const order = await cell.checked();
    const other = await cell.buy();
    expect(await refusal(cell.ask('check', { order: other }))).toBe('machine/busy');
    await cell.ask('release', { order });
    expect(await refusal(cell.ask('check', { order: other }))).toBe('accepted');
  });

  it('is not done while a drink is poured', async () => {
    const order = await heldDrink();
    const other = await cell.buy();
    expect(await refusal(cell.ask('check', { order: other }))).toBe('machine/busy');
    expect((await cell.ask('status', {})).state).toBe('held');
    await cell.ask('stop', { order });
  });

  it('finds the stock too low by the published bounds, and lets the keys go', async () => {
    const order = await cell.buy();
    const [{ max_ul } = { max_ul: 0 }] = world.drink.manifest.ingredients;
    const set = (stock_ul: number) =>
      cell.parts.books.append({ kind: 'STOCK_SET', line: 1, stock_ul, who: 'ada', at: 1 });
    await set(max_ul - 1);
    expect(await refusal(cell.ask('check', { order }))).toBe('machine/ingredient-missing');
    expect(world.token.openJobs).toBe(0);
    await set(max_ul);
    expect(await refusal(cell.ask('check', { order }))).toBe('accepted');
  });

  it('finds a licence that has expired since it came', async () => {
    const order = await cell.buy({ exp: Math.floor(world.clock.now() / 1000) + 60 });
    world.clock.leap(62_000);
    await cell.tellTime();
    expect(await refusal(cell.ask('check', { order }))).toBe('licence/expired');
  });

  it('finds the stored licence gone, or another in its place', async () => {
    const order = await cell.buy();
    const other = await cell.buy();
    const bytes = world.disk.bytes(licencePath(1));
    world.disk.put(licencePath(1), world.disk.bytes(licencePath(2)));
    expect(await refusal(cell.ask('check', { order }))).toBe('licence/damaged');
    await world.disk.remove(licencePath(1));
    expect(await refusal(cell.ask('check', { order }))).toBe('licence/damaged');
    world.disk.put(licencePath(1), bytes.subarray(1));
    expect(await refusal(cell.ask('check', { order }))).toBe('licence/damaged');
    world.disk.put(licencePath(1), bytes);
    expect(await refusal(cell.ask('check', { order }))).toBe('accepted');
    await cell.ask('release', { order });
    expect(await refusal(cell.ask('check', { order: other }))).toBe('accepted');
  });

  it('finds the recipe damaged', async () => {
    const order = await cell.buy();
    const path = `spool/${hex(world.drink.digest)}.tdr`;
    const bent = world.drink.file.slice();
    bent[bent.length - 1] = (bent[bent.length - 1] ?? 0) ^ 1;
    world.disk.put(path, bent);
    expect(await refusal(cell.ask('check', { order }))).toBe('recipe/digest-mismatch');
    await cell.upload(world.drink.file);
    expect(await refusal(cell.ask('check', { order }))).toBe('accepted');
  });

  it('finds content keys that are not for this machine or not of this recipe', async () => {
    const other = await world.seal({ recipe_id: '0f0e0d0c0b0a09080706050403020100' });
    const [kid = new Uint8Array(32)] = cell.freeKids(1);
    const wrong = await world.market.claims(world.machine, other, {}, [kid], { seq: 9 });
    const order = await cell.buy({ slots: wrong.slots });
    expect(await refusal(cell.ask('check', { order }))).toBe('recipe/piece-not-authentic');
    const [next = new Uint8Array(32)] = cell.freeKids(1);
    const noise = await cell.buy({ slots: [{ kid: next, content_key: new Uint8Array(256).fill(1) }] });
    expect(await refusal(cell.ask('check', { order: noise }))).toBe('token/unwrap-refused');
    expect(world.token.openJobs).toBe(0);
    expect(buffersAreWiped()).toBe(true);
    expect(cell.parts.mixer.idle).toBe(true);
  });

  it('finds the recipe sealed for a class key that it does not hold', async () => {
    await cell[Symbol.asyncDispose]();
    cell = await world.boot();
    const [mine] = cell.parts.identity.classKeys;
    const order = await cell.buy();
    const { digest } = mine ?? { digest: new Uint8Array() };
    digest.set([(digest[0] ?? 0) ^ 1]);
    expect(await refusal(cell.ask('check', { order }))).toBe('recipe/epoch-not-held');
    digest.set([(digest[0] ?? 0) ^ 1]);
  });

  it('opens no more when too many uses wait to be booked', async () => {
    const terms = { kind: 'single_use', max_unsynced: 1 };
    expect((await cell.pour()).result).toBe('ok');
    const order = await cell.buy({ terms });
    expect(await refusal(cell.ask('check', { order }))).toBe('licence/unsynced');
    const [spent] = (await cell.ask('status', {})).unfinished.filter(({ stage }) => stage === 'spent');
    const usage = await outcome(spent?.order ?? '');
    const receipt = await world.market.receipt(world.machine, usage.message, usage.batch.cti);
    await cell.ask('outcome_booked', { order: spent?.order ?? '', message: receipt });
    expect(await refusal(cell.ask('check', { order }))).toBe('accepted');
  });
});

describe('starting', () => {
  it('needs the check of this very order', async () => {
    const order = await cell.buy();
    expect(await refusal(start(order))).toBe('order/wrong-state');
    await cell.ask('check', { order });
    expect(await refusal(start(randomUUID()))).toBe('order/wrong-state');
    expect(cell.useOf(order).stage).toBe('reserved');
  });

  it('burns once, however often it is asked at once', async () => {
    const order = await cell.checked();
    const results = await Promise.all([refusal(start(order)), refusal(start(order))]);
    expect(results.toSorted()).toEqual(['accepted', 'order/wrong-state']);
    await cell.done(order);
    expect((await entries()).filter(({ kind }) => kind === 'BURNED')).toHaveLength(1);
  });

  it('waits for the glass, with nothing spent', async () => {
    const order = await cell.checked();
    cell.dispenser.touch({ glass: 'open' });
    expect(await refusal(start(order))).toBe('machine/glass-missing');
    expect(cell.useOf(order).stage).toBe('reserved');
    cell.dispenser.touch({ glass: 'made', door: 'open' });
    expect(await refusal(start(order))).toBe('machine/interlock-open');
    cell.dispenser.touch({ door: 'made' });
    await start(order);
    expect((await cell.done(order)).result).toBe('ok');
  });

  it('is refused by a machine that was quarantined meanwhile, which lets the keys go', async () => {
    const order = await cell.checked();
    await cell.ask('head_answer', { message: await world.market.quarantine(world.machine) });
    expect(await refusal(start(order))).toBe('machine/quarantined');
    expect(world.token.openJobs).toBe(0);
    expect(cell.useOf(order).stage).toBe('reserved');
    expect(world.token.hasKey(cell.useOf(order).label)).toBe(true);
  });

  it('is refused when the licence expired after the check', async () => {
    const order = await cell.checked({ exp: Math.floor(world.clock.now() / 1000) + 60 });
    world.clock.leap(62_000);
    await cell.tellTime();
    expect(await refusal(start(order))).toBe('licence/expired');
    expect(world.token.openJobs).toBe(0);
    expect(world.token.hasKey(cell.useOf(order).label)).toBe(true);
  });

  it('is refused when the time is no longer trusted after the check of a licence for a window, and works when it is', async () => {
    await cell.tellTime();
    const now = Math.floor(world.clock.now() / 1000);
    const terms = { kind: 'window', max_unsynced: 8 };
    const order = await cell.checked({ terms, nbf: now - 60, exp: now + 3600 });
    world.clock.leap(61 * 60_000);
    expect(await refusal(start(order))).toBe('time/untrusted');
    expect([world.token.openJobs, cell.useOf(order).stage]).toEqual([0, 'reserved']);
    world.clock.leap(-61 * 60_000);
    await cell.ask('check', { order });
    expect(await refusal(start(order))).toBe('accepted');
    expect((await cell.done(order)).result).toBe('ok');
  });

  it('is refused when the licence was revoked after the check, and nothing of it is left', async () => {
    const order = await cell.checked();
    const { cti, label } = cell.useOf(order);
    const message = await world.market.revoke({ t: 'licence', cti: cti ?? new Uint8Array(16) });
    expect(await cell.ask('revocations', { message })).toEqual({ withdrawn: 1 });
    expect(world.token.hasKey(label)).toBe(false);
    expect(await refusal(start(order))).toBe('licence/revoked');
    expect(world.token.openJobs).toBe(0);
    expect(await refusal(cell.ask('check', { order }))).toBe('licence/revoked');
  });
});
