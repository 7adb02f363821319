import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePause } from '#recipes/record.ts';
import { sourceText } from '#tests/support/sealed-drink.ts';
import { Bar } from './support/bar.ts';
import { lineOf, refusedProgram } from './support/program-of-2018.ts';
import { refusedSource } from './support/refused-source.ts';

/** 2018: a pause of 2^31 - 1 overflows; the pump controller reports success and has poured nothing. */
const most = 0x7fff_ffff;
const pauseOfDispense = 4;

describe('a pause without end', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  it.each([
    ['after a pour', 'pause_s: 1', 12, 'steps.0.pause_s'],
    ['of its own', '- pause_s: 2', 14, 'steps.2.pause_s'],
  ])('%s is refused in a source, with its line and why', (_, pause, line, at) => {
    const text = sourceText.replace(pause, pause.replace(/\d/, String(most)));
    const refused = refusedSource(text);
    expect(refused).toMatchObject({ line, at });
    expect(refused.reason).toMatch(/60/);
  });

  it.each([most, 0xffff_ffff])(
    'of %i ms that was sealed all the same before the first dose moves nothing, and the next drink is exact',
    async (ms) => {
      await using machine = await bar.machine();
      const result = await machine.pourWith({ 1: (record) => writePause(record, ms) });
      expect(result).toMatchObject({ result: 'failed', reason: 'recipe/over-bound', delivered_ul: 0 });
      await machine.stoodStill();
      await machine.nextPoursExactly();
    },
  );

  it('between two doses is a partial drink that says so, never a finished one', async () => {
    await using machine = await bar.machine();
    const result = await machine.pourWith({ 1: (record) => record.setUint32(pauseOfDispense, most, true) });
    expect(result).toMatchObject({ result: 'partial', reason: 'recipe/over-bound' });
    expect(machine.poured.map(Math.round)).toEqual([0, 0, 61_500, 40_000]);
    await machine.nextPoursExactly();
  });

  it('behind the last dose is not made: the whole drink is poured', async () => {
    await using machine = await bar.machine();
    const result = await machine.pourWith({ 4: (record) => record.setUint32(pauseOfDispense, most, true) });
    expect(result).toMatchObject({ result: 'ok', delivered_ul: 191_500 });
    expect(machine.poured.map(Math.round)).toEqual([70_000, 20_000, 61_500, 40_000]);
  });

  it('in a program of 2018 is not imported', () => {
    const told = 'lines.0.sleep must be milliseconds from 0 to 60000';
    expect(refusedProgram(lineOf([['cola', 40]], { sleep: most }), lineOf([['cola', 40]]))).toBe(told);
  });
});
