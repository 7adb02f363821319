import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceText } from '#tests/support/sealed-drink.ts';
import { Bar } from './support/bar.ts';
import { imported, lineOf, refusedProgram } from './support/program-of-2018.ts';
import { refusedSource } from './support/refused-source.ts';

/** 2018: a bad line after a good one is refused, but the good one stays behind and is poured into the next guest's glass. */
const flaws: readonly (readonly [string, number, number, string])[] = [
  ['an operation that does not exist', 0, 9, 'recipe/malformed'],
  ['a timing that does not exist', 1, 9, 'recipe/malformed'],
  ['seven doses', 2, 7, 'recipe/malformed'],
  ['an ingredient that it does not have', 8, 9, 'recipe/malformed'],
  ['a flow of more than all', 9, 101, 'recipe/malformed'],
  ['more than its signed bounds', 14, 4, 'recipe/over-bound'],
];

describe('a bad step after a good one', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  it('refuses the whole source: nothing of it can be sealed', () => {
    const text = sourceText.replace('{cola: 70, milk: 20}', '{cola: lots}');
    const refused = refusedSource(text);
    expect(refused).toMatchObject({ line: 15, at: 'steps.3.pour.cola' });
  });

  it.each(flaws)('with %s ends the drink there, and nothing of it is in the next one', async (_, at, value, why) => {
    await using machine = await bar.machine();
    const result = await machine.pourWith({ 4: (record) => record.setUint8(at, value) });
    expect(result).toMatchObject({ result: 'partial', reason: why });
    expect(machine.poured.map(Math.round)).toEqual([0, 0, 61_500, 40_000]);
    expect(await machine.cell.dispenser.readBack()).toBe(0);
    await machine.nextPoursExactly();
  });

  it.each(flaws)('with %s in the first place moves nothing', async (_, at, value, why) => {
    await using machine = await bar.machine();
    const result = await machine.pourWith({ 1: (record) => record.setUint8(at, value) });
    expect(result).toMatchObject({ result: 'failed', reason: why, delivered_ul: 0 });
    await machine.stoodStill();
    await machine.nextPoursExactly();
  });

  it('in a program of 2018 leaves nothing of the good one behind', () => {
    expect(refusedProgram(lineOf([['cola', 40]]), lineOf([['milk', 'lots']]))).toMatch(
      /^lines\.1\.components\.0\.amount /,
    );
    expect(imported(lineOf([['milk', 20]])).steps.map(({ pour }) => [...pour])).toEqual([[['milk', 20]]]);
  });
});
