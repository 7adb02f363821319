import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoCustomer } from '#cli/demo/demo-customer.ts';
import type { MenuView } from '#wire/screen-api.ts';
import { sentenceFor } from '#wire/sentences/sentence-for.ts';
import { entriesOf } from './support/journal-entries.ts';
import { told } from './support/told.ts';
import { World } from './world.ts';

const slug = 'beach-day';

describe('the marketplace down', () => {
  let world: World;
  let customer: DemoCustomer;
  const obstacle = (menu: MenuView): string | undefined =>
    menu.drinks.find((drink) => drink.slug === slug)?.why_not[0]?.code;

  beforeAll(async () => {
    world = await World.start();
    customer = await world.customer();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('after the payment keeps the order and tells why it waits; the licence comes when it is back', async () => {
    const { id } = await customer.order(slug);
    const order = await customer.until(id, 'payment');
    await world.demo.processes.marketplace.stop();
    await customer.pay(order);
    const waiting = await customer.when(id, ({ state, problem }) => state === 'licence' && problem !== null);
    expect(told(waiting)).toMatchObject({
      code: 'marketplace/unreachable',
      what: 'The marketplace cannot be reached, so no new licence can be bought.',
      money: 'If you have already paid, your order stands; give it up, and the money comes back as a voucher.',
    });
    expect(waiting.refund).toBeNull();
    await world.demo.processes.marketplace.start();
    const licensed = await customer.until(id, 'place_glass');
    expect(licensed).toMatchObject({ problem: null, refund: null });
  });

  test('when the drink is poured does not keep it from being poured; its USAGE is booked later', async () => {
    const [order] = (await world.log('desk')).flatMap(({ msg, order: id }) =>
      msg === 'order taken' ? [String(id)] : [],
    );
    const id = order ?? '';
    // killed, so that its broker is left behind and its database not closed
    await world.demo.processes.marketplace.kill();
    await world.startDrink(customer, id);
    const done = await customer.until(id, 'done');
    expect(done.receipt).toMatchObject({ usage_accepted: false });
    expect(done.problem).toBeNull();
    await world.demo.processes.marketplace.start();
    const booked = await customer.when(id, ({ receipt }) => receipt?.usage_accepted === true);
    expect(booked.receipt?.usage).toBe(done.receipt?.usage);
    expect(entriesOf('OUTCOME_BOOKED', await world.journal())).toHaveLength(1);
  });

  test('before the order sells nothing, and says so before any money', async () => {
    await world.demo.processes.marketplace.stop();
    await world.demo.processes.desk.start();
    customer = await world.customer();
    const { works } = await customer.menu((menu) => obstacle(menu) === 'marketplace/unreachable');
    expect(works).toMatchObject({ cell: true, marketplace: false });
    await expect(customer.order(slug)).rejects.toMatchObject({ code: 'marketplace/unreachable' });
    expect(sentenceFor('en', 'marketplace/unreachable').todo).toMatch(/come back later/);
    await world.demo.processes.marketplace.start();
    await customer.menu((menu) => menu.works.marketplace && obstacle(menu) === undefined);
    expect((await customer.buy(slug)).delivered_ul).toBeGreaterThan(0);
  });
});
