import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderView } from '#wire/screen-api.ts';
import { copyCard, powerOn } from './support/card-copy.ts';
import { entriesOf } from './support/journal-entries.ts';
import { told } from './support/told.ts';
import { eventually, World } from './world.ts';

describe('a card copied before the pour and put back after it, with the token as it is', () => {
  let world: World;
  let poured: OrderView;
  let again: OrderView;

  beforeAll(async () => {
    world = await World.start();
    const before = await world.customer();
    const { id } = await before.order('beach-day');
    await before.pay(await before.until(id, 'payment'));
    await before.until(id, 'place_glass');
    const card = await copyCard(world, { token: false });

    const customer = await world.customer();
    await world.startDrink(customer, id);
    poured = await customer.when(id, ({ receipt }) => receipt?.usage_accepted === true);

    await card.restore();
    await world.demo.processes.marketplace.stop();
    await powerOn(world);
    again = await world.orderWhen(id, ({ state }) => state === 'failed');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('is refused: the one-time key is gone', () => {
    expect(poured.state).toBe('done');
    expect(told(again)).toMatchObject({
      code: 'licence/key-gone',
      what: 'The one-time key of this licence no longer exists: the licence was used or the machine was reset.',
      money: 'If you have already paid, you get the money back as a voucher.',
    });
    expect(again.receipt).toBeNull();
  });

  test('pours nothing', async () => {
    const entries = await world.journal();
    expect(entriesOf('BURNED', entries)).toEqual([]);
    expect(entriesOf('PIECE_STARTED', entries)).toEqual([]);
    expect((await world.status()).state).toBe('idle');
  });

  test('is found out by the next sync, and nothing is sold from then on', async () => {
    await world.demo.processes.marketplace.start();
    await eventually(async () => ((await world.status()).state === 'quarantined' ? true : null));
    expect(entriesOf('QUARANTINED', await world.journal())).toHaveLength(1);
    const customer = await world.customer();
    const { drinks, works } = await customer.menu((menu) => menu.works.quarantined);
    expect(works.quarantined).toBe(true);
    expect(drinks.flatMap(({ why_not }) => why_not[0]?.code ?? 'none')).not.toContain('none');
    await expect(customer.order('beach-day')).rejects.toMatchObject({ code: 'machine/quarantined' });
    const cell = await world.cell();
    await expect(cell.ask('reserve', { order: again.id })).rejects.toMatchObject({ code: 'machine/quarantined' });
    const [line] = (await world.log('marketplace')).filter(({ msg }) => msg === 'machine-quarantined');
    expect(line).toMatchObject({ machine: 'demo-machine' });
  });

  test('stays locked when it is started again', async () => {
    await world.demo.processes.cell.stop();
    await world.demo.processes.cell.start();
    expect((await world.status()).state).toBe('quarantined');
  });
});
