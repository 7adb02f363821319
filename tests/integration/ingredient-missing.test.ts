import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoCustomer } from '#cli/demo/demo-customer.ts';
import { sentenceFor } from '#wire/sentences/sentence-for.ts';
import { entriesOf, storyOf } from './support/journal-entries.ts';
import { told } from './support/told.ts';
import { eventually, World } from './world.ts';

const slug = 'beach-day';
const litre = 1_000_000;

describe('an ingredient that is used up', () => {
  let world: World;
  let customer: DemoCustomer;
  let ingredient: string;
  let line: number;

  beforeAll(async () => {
    world = await World.start();
    customer = await world.customer();
    const { drinks } = await customer.menu(() => true);
    ingredient = drinks.find((drink) => drink.slug === slug)?.ingredients[0]?.id ?? '';
    const lines = (await world.status()).lines;
    line = lines.find((one) => one.ingredient === ingredient)?.line ?? 0;
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const obstacles = (drinks: Awaited<ReturnType<DemoCustomer['menu']>>['drinks'], drink: string): string[] =>
    drinks.find((one) => one.slug === drink)?.why_not.map(({ code }) => code) ?? [];

  test('takes its drinks off the menu at once, with the reason, and leaves the others', async () => {
    await world.setStock(line, 5_000);
    const { drinks } = await customer.menu((menu) => obstacles(menu.drinks, slug).length > 0);
    const [obstacle] = drinks.find((drink) => drink.slug === slug)?.why_not ?? [];
    expect(obstacle).toMatchObject({ code: 'machine/ingredient-missing', facts: { ingredient } });
    expect(sentenceFor('en', 'machine/ingredient-missing', { ingredient }).what).toBe(
      `Used up or not loaded: ${ingredient}.`,
    );
    const others = drinks.filter(
      (drink) => drink.why_not.length === 0 && drink.ingredients.every(({ id }) => id !== ingredient),
    );
    expect(others.length).toBeGreaterThan(0);
  });

  test('refuses the order before any money: no invoice, no address used up, nothing bought', async () => {
    await expect(customer.order(slug)).rejects.toMatchObject({
      code: 'machine/ingredient-missing',
      facts: { ingredient },
    });
    expect((await world.log('desk')).filter(({ msg }) => msg === 'order taken')).toEqual([]);
    expect(entriesOf('ORDERED', await world.journal())).toEqual([]);
  });

  test('is sold again when the bottle was replaced', async () => {
    await world.setStock(line, litre);
    await customer.menu(({ drinks }) => obstacles(drinks, slug).length === 0);
    const receipt = await customer.buy(slug);
    expect(receipt.delivered_ul).toBeGreaterThan(0);
  });

  test('after the payment fails the order, the licence unburned and the money back as a voucher', async () => {
    const { id } = await customer.order(slug);
    const order = await customer.until(id, 'payment');
    await world.setStock(line, 0);
    await customer.pay(order);
    const failed = await customer.when(id, ({ state, refund }) => state === 'failed' && refund !== null);
    expect(told(failed)).toMatchObject({
      code: 'machine/ingredient-missing',
      what: `Used up or not loaded: ${ingredient}.`,
      money: 'If you have already paid, you get the money back as a voucher.',
      todo: 'Please choose another drink.',
    });
    expect(failed.refund?.amount_sat).toBe(failed.price_sat);
    await eventually(async () => (storyOf(id, await world.journal()).at(-1) === 'RELEASED' ? true : null));
    expect(storyOf(id, await world.journal())).not.toContain('BURN_INTENT');
    expect((await world.status()).state).toBe('idle');
  });
});
