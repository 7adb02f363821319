import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeEnd } from '#recipes/record.ts';
import { sourceText } from '#tests/support/sealed-drink.ts';
import { Bar } from './support/bar.ts';
import { refusedProgram } from './support/program-of-2018.ts';
import { refusedSource } from './support/refused-source.ts';

/** 2018: the pump controller takes a recipe of no lines, never says that the program ended, and who waits for that waits for ever. */
describe('a recipe of no steps', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  it('is refused as a source, with its line and why', () => {
    const text = sourceText.replace(/steps:\n(?: .*\n)+/, 'steps: []\n');
    const refused = refusedSource(text);
    expect(refused).toMatchObject({ line: 9, at: 'steps' });
    expect(refused.reason).toMatch(/>=1|least 1/);
  });

  it('is not sealed when its steps only wait or ask for a hand', async () => {
    const steps = [{ manual: 'add-ice' as const }, { pause_s: 2 }];
    await expect(bar.world.seal({ steps })).rejects.toMatchObject({
      code: 'recipe/source-invalid',
      facts: { reason: 'nothing is poured' },
    });
  });

  it('that was sealed all the same comes to its end with nothing delivered, and the next drink is exact', async () => {
    await using machine = await bar.machine();
    const nothing = Object.fromEntries([1, 2, 3, 4, 5, 6].map((index) => [index, writeEnd]));
    expect(await machine.pourWith(nothing)).toMatchObject({
      result: 'failed',
      reason: 'recipe/below-total',
      delivered_ul: 0,
    });
    await machine.stoodStill();
    await machine.nextPoursExactly();
  });

  it('or of fewer than its total needs is no whole drink, whatever its author signed', async () => {
    await using machine = await bar.machine();
    expect(await machine.pourWith({ 4: writeEnd })).toMatchObject({ result: 'partial', reason: 'recipe/below-total' });
    expect(machine.poured.map(Math.round)).toEqual([0, 0, 61_500, 40_000]);
  });

  it('is not imported from a program of 2018', () => {
    expect(refusedProgram()).toBe('lines must not be empty');
  });
});
