import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bar } from './support/bar.ts';

/** 2018: an ingredient that another pump has is accepted and ignored; two pumps cannot change places. */
describe('an ingredient that moves to another pump', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  const carrying = (...ingredients: readonly string[]) =>
    bar.world.config.pumps.map((pump, i) => ({ ...pump, ingredient: ingredients[i] ?? pump.ingredient }));

  it('changes places with the one there: each dose flows from where its bottle stands now', async () => {
    await using machine = await bar.machine({ pumps: carrying('vodka', 'milk', 'orange-juice', 'cola') });
    expect(await machine.pour(bar.world.drink)).toMatchObject({ result: 'ok', delivered_ul: 191_500 });
    expect(machine.poured.map(Math.round)).toEqual([40_000, 20_000, 61_500, 70_000]);
  });

  it('and stands at its old one, too, is poured from the first that can', async () => {
    await using machine = await bar.machine({
      pumps: [
        ...carrying('cola', 'cola', 'orange-juice', 'vodka'),
        ...carrying('milk', 'milk', 'milk', 'milk')
          .slice(0, 1)
          .map((pump) => ({ ...pump, line: 5, channel: 4 })),
      ],
    });
    await machine.cell.askAtConsole('stock_set', { line: 1, stock_ul: 1_000, who: 'ada' });
    expect(await machine.pour(bar.world.drink)).toMatchObject({ result: 'ok', delivered_ul: 191_500 });
    expect(machine.poured.map(Math.round)).toEqual([0, 70_000, 61_500, 40_000, 20_000]);
  });
});
