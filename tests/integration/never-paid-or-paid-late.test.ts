import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoCustomer } from '#cli/demo/demo-customer.ts';
import { satoshi } from '#shared/units.ts';
import type { OrderView } from '#wire/screen-api.ts';
import { hastyInvoices } from './support/hasty-invoices.ts';
import { entriesOf, storyOf } from './support/journal-entries.ts';
import { told } from './support/told.ts';
import { World } from './world.ts';

describe('an invoice that is not paid in time', () => {
  let world: World;
  let customer: DemoCustomer;
  let expired: OrderView;

  beforeAll(async () => {
    world = await World.start();
    await world.configure(hastyInvoices(1));
    await world.demo.processes.desk.start();
    customer = await world.customer();
    await customer.menu(({ drinks }) => drinks.some(({ why_not }) => why_not.length === 0));
    const { id } = await customer.order('beach-day');
    expired = await customer.until(id, 'expired');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('ends the order: nothing was charged, nothing bought, nothing poured', async () => {
    expect(told(expired)).toMatchObject({
      code: 'payment/expired',
      what: 'The time to pay for this order ran out.',
      money: 'If you pay now after all, you get a voucher for it.',
      todo: 'Please order again if you still want the drink.',
    });
    expect(expired).toMatchObject({ refund: null, receipt: null, invoice: { received_sat: 0 } });
    await expect(customer.start(expired.id)).rejects.toMatchObject({ code: 'order/wrong-state' });
    const entries = await world.journal();
    expect(entriesOf('ORDERED', entries)).toEqual([]);
    expect(storyOf(expired.id, entries)).toEqual([]);
  });

  test('and is paid after all becomes a voucher over all of it, and no drink', async () => {
    const { address = '', amount_sat = 0 } = expired.invoice ?? {};
    await world.demo.chain.wallet.pay([{ address, amount: satoshi(amount_sat) }]);
    const late = await customer.when(expired.id, ({ refund }) => refund !== null);
    expect(late.state).toBe('expired');
    expect(told(late)).toMatchObject({
      code: 'payment/late',
      what: 'The payment arrived after the time had run out.',
      money: 'You get a voucher for all of it.',
    });
    expect(late.refund?.amount_sat).toBe(amount_sat);
    expect(entriesOf('ORDERED', await world.journal())).toEqual([]);

    const { id } = await customer.order('beach-day', late.refund?.voucher ?? null);
    await customer.until(id, 'place_glass');
    await expect(customer.order('beach-day', late.refund?.voucher ?? null)).rejects.toMatchObject({
      code: 'payment/voucher-used',
    });
  });

  test('and is paid late in two parts gives both back, on one voucher', async () => {
    const { id } = await customer.order('coco-colada');
    const { invoice } = await customer.until(id, 'expired');
    const output = { address: invoice?.address ?? '', amount: satoshi(500) };
    await world.demo.chain.wallet.pay([output]);
    const first = await customer.when(id, ({ refund }) => refund !== null);
    expect(first.refund?.amount_sat).toBe(500);
    await world.demo.chain.wallet.pay([output]);
    const both = await customer.when(id, ({ refund }) => refund?.amount_sat === 1000);
    expect(both.refund?.voucher).toBe(first.refund?.voucher);
    expect(both).toMatchObject({ state: 'expired', receipt: null });
  });
});
