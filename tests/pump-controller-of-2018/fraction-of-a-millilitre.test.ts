import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeDispense } from '#recipes/record.ts';
import { sourceText } from '#tests/support/sealed-drink.ts';
import { Bar } from './support/bar.ts';
import { lineOf, refusedProgram } from './support/program-of-2018.ts';
import { refusedSource } from './support/refused-source.ts';

/** 2018: the pump controller cuts 0.9 ml to nothing and 3.7 ml to 3. */
describe('a fraction of a millilitre', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  it.each([
    ['0.9', />=5/],
    ['5.25', /0\.5/],
    ['40.9', /0\.5/],
  ])('that no pump pours well is refused in a source, never cut: %s ml', (amount, reason) => {
    const text = sourceText.replace('vodka: 40', `vodka: ${amount}`);
    const refused = refusedSource(text);
    expect(refused).toMatchObject({ line: 10, at: 'steps.0.pour.vodka' });
    expect(refused.reason).toMatch(reason);
  });

  it('is poured as it is written, to the microlitre', async () => {
    await using machine = await bar.machine();
    const doses = [
      { slot: 2, amountUl: 61_437 },
      { slot: 3, amountUl: 40_063 },
    ];
    const result = await machine.pourWith({ 1: (record) => writeDispense(record, 'together', doses) });
    expect(result).toMatchObject({ result: 'ok', ordered_ul: 191_500, delivered_ul: 191_500 });
    for (const [line, ul] of [70_000, 20_000, 61_437, 40_063].entries()) {
      expect(Math.abs((machine.poured[line] ?? 0) - ul)).toBeLessThanOrEqual(1);
    }
  });

  it.each([0.9, 3.7])('of %d in a program of 2018, which that machine would have cut, is not imported', (amount) => {
    expect(refusedProgram(lineOf([['cola', amount]]))).toMatch(/^lines\.0\.components\.0\.amount must be whole/);
  });
});
