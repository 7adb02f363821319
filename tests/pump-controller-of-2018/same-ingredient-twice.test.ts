import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeDispense } from '#recipes/record.ts';
import { sourceText } from '#tests/support/sealed-drink.ts';
import { Bar } from './support/bar.ts';
import { imported, lineOf } from './support/program-of-2018.ts';
import { refusedSource } from './support/refused-source.ts';

/** 2018: of the same ingredient twice in one line the pump controller pours 1 of 3 ml. */
describe('the same ingredient twice', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  it('in one step of a source is refused, with its line and why', () => {
    const text = sourceText.replace('vodka: 40}', 'orange-juice: 40}');
    const refused = refusedSource(text);
    expect(refused).toMatchObject({ line: 10 });
    expect(refused.reason).toContain('unique');
  });

  it('in one piece that was sealed all the same moves nothing, and the next drink is exact', async () => {
    await using machine = await bar.machine();
    const twice = [
      { slot: 2, amountUl: 21_500 },
      { slot: 2, amountUl: 40_000 },
    ];
    const result = await machine.pourWith({ 1: (record) => writeDispense(record, 'together', twice) });
    expect(result).toMatchObject({ result: 'failed', reason: 'recipe/malformed', delivered_ul: 0 });
    await machine.stoodStill();
    await machine.nextPoursExactly();
  });

  it('in two steps is poured twice: the sum is in the glass', async () => {
    await using machine = await bar.machine();
    const steps = [{ pour: { cola: 10 } }, { pour: { cola: 20.5, milk: 30 } }].map((step) => ({
      ...step,
      timing: 'together' as const,
    }));
    using drink = await bar.world.seal({ steps });
    expect(await machine.pour(drink)).toMatchObject({ result: 'ok', delivered_ul: 60_500 });
    expect(machine.poured.map(Math.round)).toEqual([30_500, 30_000, 0, 0]);
  });

  it('in a line of a program of 2018 becomes one dose of both', () => {
    const { steps } = imported(
      lineOf([
        ['cola', 10],
        ['cola', 20],
      ]),
    );
    expect(steps.map(({ pour }) => [...pour])).toEqual([[['cola', 30]]]);
  });
});
