import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoCustomer } from '#cli/demo/demo-customer.ts';
import type { MenuView } from '#wire/screen-api.ts';
import { decant } from '../cli/decant.ts';
import { entriesOf } from './support/journal-entries.ts';
import { openingCredit, World } from './world.ts';

const slug = 'beach-day';

describe('uses that were bought ahead', () => {
  let world: World;
  let customer: DemoCustomer;
  let price: number;
  const obstacle = (menu: MenuView, drink: string): string | undefined =>
    menu.drinks.find((one) => one.slug === drink)?.why_not[0]?.code;
  const licences = async (...args: string[]) => {
    const ended = await decant(['licences', ...args, '--state', world.state, '--json']);
    return { ...ended, told: (ended.out === '' ? null : JSON.parse(ended.out)) as Record<string, unknown> };
  };

  beforeAll(async () => {
    world = await World.start();
    customer = await world.customer();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('are paid from the machine’s account, and lie there for any order', async () => {
    const { code, told, err } = await licences('buy', slug, '--uses', '2', '--yes');
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(told).toMatchObject({ drink: slug, uses: 2, seq: 1 });
    price = Number(told['price_sat']);
    expect(Number(told['licensor_sat']) + Number(told['marketplace_sat'])).toBe(price);
    expect(await world.balance()).toBe(openingCredit - price);
    const { told: list } = await licences();
    expect(list).toMatchObject({
      time: { trusted: true },
      licences: [{ seq: 1, unused: 2, at_hand: 2, state: 'good' }],
    });
  });

  test('are sold and poured while the marketplace is away, as many as there are', async () => {
    await world.demo.processes.marketplace.kill();
    const order = await customer.order(slug);
    await customer.pay(order);
    await world.startDrink(customer, order.id);
    const done = await customer.until(order.id, 'done');
    expect(done.receipt).toMatchObject({ usage_accepted: false });
    const receipt = await customer.receipt(order.id);
    expect(receipt.payment.licence_satoshi).toBe(price / 2);
    expect(receipt.payment.split.licensor + receipt.payment.split.marketplace).toBe(price / 2);
    // nothing of another drink lies here
    const menu = await customer.menu(({ works }) => !works.marketplace);
    expect(obstacle(menu, slug)).toBeUndefined();
    expect(menu.drinks.filter((drink) => obstacle(menu, drink.slug) === undefined).map((drink) => drink.slug)).toEqual([
      slug,
    ]);
  });

  test('are booked when the marketplace is back, and nothing is charged again', async () => {
    await world.demo.processes.marketplace.start();
    const [{ order } = { order: '' }] = entriesOf('RESERVED', await world.journal());
    const booked = await customer.when(order, ({ receipt }) => receipt?.usage_accepted === true);
    expect(booked.receipt).not.toBeNull();
    expect(entriesOf('OUTCOME_BOOKED', await world.journal())).toHaveLength(1);
    expect(await world.balance()).toBe(openingCredit - price);
    expect((await licences()).told).toMatchObject({ licences: [{ seq: 1, unused: 1, at_hand: 1 }] });
  });
});
