import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderView } from '#wire/screen-api.ts';
import { hex } from '#shared/entropy.ts';
import { entriesOf, storyOf } from './support/journal-entries.ts';
import { told } from './support/told.ts';
import { World } from './world.ts';

describe('the cell killed in the middle of a pour', () => {
  let world: World;
  let order: OrderView;
  let warned: OrderView;

  beforeAll(async () => {
    world = await World.start({ speed: 3 });
    const customer = await world.customer();
    const { id } = await customer.order('beach-day');
    await customer.pay(await customer.until(id, 'payment'));
    await customer.until(id, 'place_glass');
    await customer.start(id);
    await customer.when(id, ({ percent }) => percent >= 5);
    await world.demo.processes.cell.kill();
    warned = await customer.when(id, ({ problem }) => problem !== null);
    await world.demo.processes.cell.start();
    await customer.when(id, ({ state, refund }) => state !== 'pouring' && refund !== null);
    order = await customer.when(id, ({ receipt }) => receipt?.usage_accepted === true);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('tells the customer at once that the pouring unit is gone, and not that the drink is done', () => {
    expect(warned.state).toBe('pouring');
    expect(told(warned)).toMatchObject({
      code: 'machine/cell-unreachable',
      what: 'The pouring unit of the machine does not answer.',
    });
  });

  test('ends the order as partial by a power cut, with what to do now', () => {
    expect(order.state).toBe('partial');
    expect(told(order)).toMatchObject({
      code: 'machine/power-cut',
      what: 'The power failed while your drink was being made.',
      todo: 'Please leave the glass and ask the staff. The drink is never poured on by itself.',
    });
  });

  test('gives the money back as a voucher that pays for the next drink', async () => {
    expect(order.refund?.amount_sat).toBe(order.price_sat);
    const customer = await world.customer();
    const next = await customer.order('beach-day', order.refund?.voucher ?? null);
    await customer.until(next.id, 'place_glass');
    // and a cell that is killed before the licence is burned has lost nothing
    await world.demo.processes.cell.kill();
    await customer.when(next.id, ({ problem }) => problem?.code === 'machine/cell-unreachable');
    await world.demo.processes.cell.start();
    await world.startDrink(customer, next.id);
    await customer.until(next.id, 'done');
    await customer.when(next.id, ({ receipt }) => receipt?.usage_accepted === true);
  });

  test('books the use as partial and never pours it again', async () => {
    const entries = await world.journal();
    const story = storyOf(order.id, entries);
    expect(story.filter((kind) => kind === 'BURNED' || kind === 'SPENT' || kind === 'VOIDED')).toEqual([
      'BURNED',
      'SPENT',
    ]);
    expect(story.at(-1)).toBe('OUTCOME_BOOKED');
    const licence = order.receipt?.licence ?? '';
    const [reserved] = entriesOf('RESERVED', entries).filter(({ cti }) => hex(cti) === licence);
    const [spent] = entriesOf('SPENT', entries).filter(({ kid }) => hex(kid) === hex(reserved?.kid ?? kid));
    expect(spent).toMatchObject({ result: 'partial', reason: 'power-cut' });
  });

  test('leaves the machine idle, its outputs off', async () => {
    expect(await world.status()).toMatchObject({ state: 'idle', unfinished: [] });
  });
});
