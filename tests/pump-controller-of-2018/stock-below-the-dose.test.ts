import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { feasible } from '#recipes/feasibility.ts';
import { machineFacts } from '#wire/cell-api.ts';
import { Bar } from './support/bar.ts';

/** 2018: with 1 ml in the bottle the pump controller pours 5 ml without a word: nothing has counted the stock since 2017. */
describe('a stock below the dose', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  it('is no drink on offer, says what is missing, costs no licence and moves nothing until the bottle is full again', async () => {
    await using machine = await bar.machine();
    const { cell } = machine;
    const drink = machine.offer(bar.world.drink);
    await cell.upload(drink.file);
    const setMilk = (stock_ul: number) => cell.askAtConsole('stock_set', { line: 2, stock_ul, who: 'ada' });
    const verdict = async () => feasible(drink.manifest, machineFacts(await cell.ask('status', {})));

    const order = await cell.buy();
    await setMilk(1_000);
    expect(await verdict()).toMatchObject({
      ok: false,
      reasons: [{ code: 'machine/ingredient-missing', facts: { ingredient: 'milk' } }],
    });
    await expect(cell.ask('check', { order })).rejects.toMatchObject({
      code: 'machine/ingredient-missing',
      facts: { ingredient: 'milk' },
    });
    await machine.stoodStill();
    expect(cell.useOf(order).stage).toBe('reserved');

    await setMilk(1_000_000);
    expect(await verdict()).toEqual({ ok: true });
    await cell.ask('check', { order });
    await cell.ask('start', { order });
    expect(await cell.done(order)).toMatchObject({ result: 'ok', delivered_ul: 191_500 });
  });

  it('is counted: each drink lowers what the line shows, and at last its drink is refused', async () => {
    await using machine = await bar.machine();
    const { cell } = machine;
    await cell.askAtConsole('stock_set', { line: 2, stock_ul: 100_000, who: 'ada' });
    await machine.nextPoursExactly();
    await machine.nextPoursExactly();
    await expect(machine.nextPoursExactly()).rejects.toMatchObject({
      code: 'machine/ingredient-missing',
      facts: { ingredient: 'milk' },
    });
  });
});
