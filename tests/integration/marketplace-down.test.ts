import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoCustomer } from '#cli/demo/demo-customer.ts';
import type { MenuView } from '#wire/screen-api.ts';
import { sentenceFor } from '#wire/sentences/sentence-for.ts';
import { decant } from '../cli/decant.ts';
import { entriesOf } from './support/journal-entries.ts';
import { told } from './support/told.ts';
import { eventually, World } from './world.ts';

const slug = 'beach-day';

describe('the marketplace down', () => {
  let world: World;
  let customer: DemoCustomer;
  const obstacle = (menu: MenuView): string | undefined =>
    menu.drinks.find((drink) => drink.slug === slug)?.why_not[0]?.code;

  /** What lies in the machine, as the technician is told. */
  const held = async (): Promise<unknown> => {
    const { out } = await decant(['licences', '--state', world.state, '--json']);
    return (JSON.parse(out) as { licences: unknown }).licences;
  };

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

  test('does not keep a drink from being sold of which a use was bought ahead; it is booked later', async () => {
    const before = await world.balance();
    const { code, out } = await decant([
      'licences',
      'buy',
      slug,
      '--uses',
      '2',
      '--yes',
      '--state',
      world.state,
      '--json',
    ]);
    expect(code).toBe(0);
    const { price_sat: price, ...bought } = JSON.parse(out) as { price_sat: number };
    expect(bought).toMatchObject({ drink: slug, uses: 2 });
    expect(await world.balance()).toBe(before - price);
    expect(await held()).toMatchObject([{ unused: 2, at_hand: 2, state: 'good' }]);
    await world.demo.processes.marketplace.kill();
    const order = await customer.order(slug);
    await customer.pay(order);
    await world.startDrink(customer, order.id);
    const done = await customer.until(order.id, 'done');
    expect(done.receipt).toMatchObject({ usage_accepted: false });
    const { payment } = await customer.receipt(order.id);
    expect(payment.licence_satoshi).toBe(price / 2);
    expect(payment.split.licensor + payment.split.marketplace).toBe(price / 2);
    // nothing of another drink lies here
    const { drinks } = await customer.menu(({ works }) => !works.marketplace);
    expect(drinks.filter(({ why_not }) => why_not.length === 0).map((drink) => drink.slug)).toEqual([slug]);
    await world.demo.processes.marketplace.start();
    await customer.when(order.id, ({ receipt }) => receipt?.usage_accepted === true);
    expect(await world.balance()).toBe(before - price);
    expect(await held()).toMatchObject([{ unused: 1, at_hand: 1 }]);
  });

  test('and back calls in what its operator revokes: the use that is left is gone, its key destroyed', async () => {
    const [{ cti } = { cti: '' }] = (await held()) as { cti: string }[];
    const people = ['--person', 'Ada', '--reason', 'a test', '--state', world.demo.place.marketplace];
    expect((await decant(['marketplace', 'revoke', '--licence', cti, ...people])).code).toBe(0);
    const isGone = async (): Promise<true | null> => (((await held()) as unknown[]).length === 0 ? true : null);
    // pushed at once; where the broker has lost it the next sync brings the list, within a minute
    await eventually(isGone).catch(() => eventually(isGone));
    expect(entriesOf('WITHDRAWN', await world.journal())).toHaveLength(1);
  });
});
