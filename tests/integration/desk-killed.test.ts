import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderView } from '#wire/screen-api.ts';
import { entriesOf } from './support/journal-entries.ts';
import { openingCredit, World } from './world.ts';

const slug = 'beach-day';

describe('desk killed', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({ speed: 10 });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const crash = async (): Promise<void> => {
    await world.demo.processes.desk.kill();
    await world.demo.processes.desk.start();
  };
  const finish = async (id: string): Promise<OrderView> => {
    const customer = await world.customer();
    await world.startDrink(customer, id);
    return world.orderWhen(id, ({ receipt }) => receipt?.usage_accepted === true);
  };

  test('while the invoice waits: the payment that comes meanwhile is found, and the drink poured', async () => {
    const customer = await world.customer();
    const { id } = await customer.order(slug);
    const order = await customer.until(id, 'payment');
    await world.demo.processes.desk.kill();
    await world.demo.chain.wallet.payUri(order.invoice?.uri ?? '');
    await world.demo.processes.desk.start();
    const done = await finish(id);
    expect(done).toMatchObject({ state: 'done', refund: null, invoice: { address: order.invoice?.address } });
  });

  test('between payment and licence: the order goes on by itself, and the licence is paid once', async () => {
    const customer = await world.customer();
    const { id } = await customer.order(slug);
    const order = await customer.until(id, 'payment');
    await world.demo.processes.marketplace.stop();
    await customer.pay(order);
    await customer.until(id, 'licence');
    await crash();
    expect(await world.order(id)).toMatchObject({ state: 'licence', receipt: null, refund: null });
    await world.demo.processes.marketplace.start();
    const done = await finish(id);
    expect(done).toMatchObject({ state: 'done', refund: null });
    expect(entriesOf('ORDERED', await world.journal()).filter(({ order }) => order === id)).toHaveLength(1);
    const sold = (await world.log('marketplace')).filter(({ msg, order }) => msg === 'order-licensed' && order === id);
    expect(new Set(sold.map(({ seq }) => seq)).size).toBe(1);
  });

  test('with the glass in place: start works after it, once', async () => {
    const customer = await world.customer();
    const { id } = await customer.order(slug);
    await customer.pay(await customer.until(id, 'payment'));
    await customer.until(id, 'place_glass');
    await crash();
    expect((await finish(id)).state).toBe('done');
  });

  test('while the drink is poured: the cell pours on, and the receipt is there afterwards', async () => {
    const customer = await world.customer();
    const { id } = await customer.order(slug);
    await customer.pay(await customer.until(id, 'payment'));
    await customer.until(id, 'place_glass');
    await customer.start(id);
    await customer.until(id, 'pouring');
    await crash();
    const done = await world.orderWhen(id, ({ receipt }) => receipt?.usage_accepted === true);
    expect(done).toMatchObject({ state: 'done', problem: null, refund: null });
    const spent = entriesOf('SPENT', await world.journal());
    expect(spent.map(({ result }) => result)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(await world.balance()).toBe(openingCredit - 4 * (done.receipt?.licence_sat ?? 0));
  });
});
