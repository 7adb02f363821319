import { readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderView } from '#wire/screen-api.ts';
import { cutAfter, entriesOf, storyOf, writtenEntries } from './support/journal-entries.ts';
import { eventually, openingCredit, World } from './world.ts';

describe('the cell killed when the licence is burned and no piece is begun', () => {
  let world: World;
  let id: string;
  let licensed: OrderView;
  let reissued: OrderView;

  beforeAll(async () => {
    // slow pumps, so that little has happened when the kill arrives
    world = await World.start({ speed: 1 });
    const customer = await world.customer();
    ({ id } = await customer.order('beach-day'));
    await customer.pay(await customer.until(id, 'payment'));
    licensed = await customer.until(id, 'place_glass');
    const { cell } = world.demo.place;
    const starting = customer.start(id);
    await eventually(async () => (entriesOf('BURNED', await writtenEntries(cell)).length > 0 ? true : null), 1);
    await world.demo.processes.cell.kill();
    await starting;
    // the kill comes some milliseconds late: what was written after BURNED is taken as not having reached the disk
    const journal = join(cell, 'journal', 'journal.log');
    await truncate(journal, cutAfter('BURNED', new Uint8Array(await readFile(journal))));
    await rm(join(cell, 'journal', 'pour.log'), { force: true });
    await world.configure((config) => {
      if (config.simulation !== undefined) config.simulation.speed = 40;
    });
    await world.demo.processes.cell.start();
    reissued = await customer.when(id, ({ state, problem }) => state === 'place_glass' && problem === null);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('is claimed from licensing as burned without a drop, which issues the licence again for nothing', async () => {
    const story = storyOf(id, await world.journal());
    expect(story.slice(0, 5)).toEqual(['RESERVED', 'BURN_INTENT', 'BURNED', 'VOIDED', 'CLAIMED']);
    const answered = (await world.log('marketplace')).filter(({ msg }) => msg === 'claim-answered');
    expect(answered).toMatchObject([{ machine: 'demo-machine', reissued: true }]);
    expect(entriesOf('GRANTED', await world.journal()).map(({ seq }) => seq)).toEqual([1, 2]);
    const bought = (await world.log('marketplace')).filter(({ msg }) => msg === 'order-licensed');
    expect(bought).toHaveLength(1);
  });

  test('leaves the customer’s order as it was: paid, waiting for the glass, nothing given back', () => {
    expect(licensed.state).toBe('place_glass');
    expect(reissued).toMatchObject({ state: 'place_glass', problem: null, refund: null, receipt: null });
    expect(reissued.invoice).toEqual(licensed.invoice);
  });

  test('pours the drink once when start is touched again', async () => {
    const customer = await world.customer();
    await world.startDrink(customer, id);
    const done = await customer.when(id, ({ receipt }) => receipt?.usage_accepted === true);
    expect(done).toMatchObject({ state: 'done', refund: null });
    const entries = await world.journal();
    const story = storyOf(id, entries);
    expect(story.filter((kind) => kind === 'SPENT')).toHaveLength(1);
    expect(story.filter((kind) => kind === 'BURNED')).toHaveLength(2);
    expect(entriesOf('SPENT', entries)).toMatchObject([{ result: 'ok' }]);
    expect(await world.balance()).toBe(openingCredit - (done.receipt?.licence_sat ?? 0));
    expect((await world.status()).state).toBe('idle');
  });
});
