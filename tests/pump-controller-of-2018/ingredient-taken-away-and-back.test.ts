import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bar } from './support/bar.ts';

/** 2018: a pump whose ingredient was deleted cannot be used again until the pump controller is started anew. */
describe('an ingredient that is taken away', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  const carrying = (ingredient: string) =>
    bar.world.config.pumps.map((pump) => (pump.line === 2 ? { ...pump, ingredient } : pump));

  it('takes its drinks with it and no others, and a drink that was paid is poured when it is back', async () => {
    await using machine = await bar.machine();
    const drink = machine.offer(bar.world.drink);
    await machine.cell.upload(drink.file);
    const order = await machine.cell.buy();

    await machine.restart({ pumps: carrying('water') });
    await expect(machine.cell.ask('check', { order })).rejects.toMatchObject({
      code: 'machine/ingredient-missing',
      facts: { ingredient: 'milk' },
    });
    await machine.stoodStill();
    using milkless = await bar.world.seal({
      recipe_id: '00112233445566778899aabbccddeeff',
      steps: [{ pour: { cola: 100 }, timing: 'machine' }],
    });
    expect(await machine.pour(milkless)).toMatchObject({ result: 'ok', delivered_ul: 100_000 });

    await machine.restart({});
    await machine.cell.ask('check', { order });
    await machine.cell.ask('start', { order });
    expect(await machine.cell.done(order)).toMatchObject({ result: 'ok', delivered_ul: 191_500 });
    expect(machine.poured.map(Math.round)).toEqual([70_000, 20_000, 61_500, 40_000]);
    await machine.nextPoursExactly();
  });
});
