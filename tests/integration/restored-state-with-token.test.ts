import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyCard, powerOn } from './support/card-copy.ts';
import { entriesOf, storyOf } from './support/journal-entries.ts';
import { eventually, World } from './world.ts';

/** What a soft token cannot prevent, and what licensing does about it. */
describe('a card copied before the pour and put back after it, with the soft token’s files', () => {
  let world: World;
  let id: string;

  beforeAll(async () => {
    world = await World.start();
    const before = await world.customer();
    ({ id } = await before.order('beach-day'));
    await before.pay(await before.until(id, 'payment'));
    await before.until(id, 'place_glass');
    const card = await copyCard(world, { token: true });

    const customer = await world.customer();
    await world.startDrink(customer, id);
    await customer.when(id, ({ receipt }) => receipt?.usage_accepted === true);

    await card.restore();
    await world.demo.processes.marketplace.stop();
    await powerOn(world);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('pours once more, and no second time', async () => {
    const thief = await world.customer();
    await world.startDrink(thief, id);
    expect((await thief.until(id, 'done')).state).toBe('done');
    const cell = await world.cell();
    await expect(cell.ask('check', { order: id })).rejects.toMatchObject({ code: 'licence/spent' });
    const story = storyOf(id, await world.journal());
    expect(story.filter((kind) => kind === 'BURNED')).toHaveLength(1);
  });

  test('is found out by the next sync', async () => {
    await world.demo.processes.marketplace.start();
    await eventually(async () => ((await world.status()).state === 'quarantined' ? true : null));
    expect(entriesOf('QUARANTINED', await world.journal())).toHaveLength(1);
    const customer = await world.customer();
    await customer.menu(({ works }) => works.quarantined);
    await expect(customer.order('beach-day')).rejects.toMatchObject({ code: 'machine/quarantined' });
    expect((await world.order(id)).receipt?.usage_accepted).toBe(false);
  });
});
