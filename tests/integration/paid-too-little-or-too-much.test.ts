import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoCustomer } from '#cli/demo/demo-customer.ts';
import { readPaymentUri } from '#payment/uri.ts';
import { satoshi } from '#shared/units.ts';
import type { OrderView } from '#wire/screen-api.ts';
import { entriesOf } from './support/journal-entries.ts';
import { told } from './support/told.ts';
import { World } from './world.ts';

describe('a payment that is not the price', () => {
  let world: World;
  let customer: DemoCustomer;
  const pay = (order: OrderView, sat: number): Promise<unknown> =>
    world.demo.chain.wallet.pay([{ address: order.invoice?.address ?? '', amount: satoshi(sat) }]);

  beforeAll(async () => {
    world = await World.start();
    customer = await world.customer();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('but less shows the rest, buys nothing, and the rest to the same address buys the drink', async () => {
    const { id } = await customer.order('beach-day');
    const asked = await customer.until(id, 'payment');
    await pay(asked, 400);
    const short = await customer.when(id, ({ problem }) => problem !== null);
    expect(told(short)).toMatchObject({
      code: 'payment/underpaid',
      what: 'Less money arrived than the drink costs.',
      money: 'What arrived is credited to this order.',
    });
    expect(short).toMatchObject({ state: 'payment', invoice: { received_sat: 400, address: asked.invoice?.address } });
    expect(short.problem?.facts).toMatchObject({ missing: String(short.price_sat - 400) });
    expect(readPaymentUri(short.invoice?.uri ?? '')?.amount).toBe(BigInt(short.price_sat - 400));
    expect(entriesOf('ORDERED', await world.journal())).toEqual([]);

    await customer.pay(short);
    const paid = await customer.until(id, 'place_glass');
    expect(paid).toMatchObject({ problem: null, refund: null, invoice: { received_sat: paid.price_sat } });
    await customer.start(id);
    await customer.until(id, 'done');
  });

  test('but less, and given up, comes back as a voucher over what arrived', async () => {
    const { id } = await customer.order('beach-day');
    await pay(await customer.until(id, 'payment'), 300);
    await customer.when(id, ({ problem }) => problem?.code === 'payment/underpaid');
    await customer.post(`/api/orders/${id}/cancel`, {});
    const cancelled = await customer.when(id, ({ refund }) => refund !== null);
    expect(cancelled).toMatchObject({ state: 'cancelled', refund: { amount_sat: 300 }, receipt: null });
  });

  test('but more pours the drink and gives the difference back as a voucher', async () => {
    const { id } = await customer.order('coco-colada');
    const { price_sat: price } = await customer.until(id, 'payment');
    await pay(await customer.until(id, 'payment'), price + 250);
    await customer.until(id, 'place_glass');
    await customer.start(id);
    const done = await customer.when(id, ({ receipt, refund }) => receipt?.usage_accepted === true && refund !== null);
    expect(done).toMatchObject({ state: 'done', problem: null, refund: { amount_sat: 250 } });
    const receipt = await customer.receipt(id);
    expect(receipt.payment.satoshi).toBe(price);
    await expect(customer.order('beach-day', done.refund?.voucher ?? null)).rejects.toMatchObject({
      code: 'payment/voucher-too-small',
    });
  });
});
