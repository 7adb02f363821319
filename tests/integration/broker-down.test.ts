import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoCustomer } from '#cli/demo/demo-customer.ts';
import { entriesOf } from './support/journal-entries.ts';
import { eventually, World } from './world.ts';

describe('the broker killed before the licence', () => {
  let world: World;
  let customer: DemoCustomer;

  beforeAll(async () => {
    world = await World.start();
    customer = await world.customer();
    await world.killBroker();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('changes nothing for the customer: the licence is fetched, and the drink poured', async () => {
    const receipt = await customer.buy('beach-day');
    const order = await world.order(receipt.order);
    expect(order).toMatchObject({ state: 'done', problem: null, refund: null });
    const { works } = await customer.menu(() => true);
    expect(works).toEqual({ cell: true, marketplace: true, payment: true, quarantined: false });
    expect(entriesOf('GRANTED', await world.journal())).toHaveLength(1);
  });

  test('is written down by those who miss it, and what was to be pushed waits in the outbox', async () => {
    const refused = (await world.log('desk')).filter(({ code }) => code === 'broker/unreachable');
    expect(refused.length).toBeGreaterThan(0);
    await eventually(async () =>
      (await world.log('marketplace')).some(({ msg }) => msg === 'outbox-waits') ? true : null,
    );
  });

  test('and started again pushes what waited; the licence that was fetched before is taken once', async () => {
    await world.startBroker();
    await eventually(async () =>
      (await world.log('desk')).filter(({ msg }) => msg === 'broker connected').length > 1 ? true : null,
    );
    const receipt = await customer.buy('coco-colada');
    expect(receipt.pieces).toBeGreaterThan(1);
    const granted = entriesOf('GRANTED', await world.journal());
    expect(granted.map(({ seq }) => seq)).toEqual([1, 2]);
  });
});
