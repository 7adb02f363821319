import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceText } from '#tests/support/sealed-drink.ts';
import { Bar } from './support/bar.ts';
import { lineOf, refusedProgram } from './support/program-of-2018.ts';
import { refusedSource } from './support/refused-source.ts';

/** 2018: an amount of 0, below 0 or of 2^31 - 1 ends the pump controller by a division by zero. */
const firstAmount = 12;

describe('an amount that is none', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  it.each(['0', '-40', '2147483647', '.nan', '.inf'])('in a source is refused, with its line and why: %s', (amount) => {
    const text = sourceText.replace('vodka: 40', `vodka: ${amount}`);
    const refused = refusedSource(text);
    expect(refused).toMatchObject({ line: 10, at: 'steps.0.pour.vodka' });
    expect(refused.reason).toMatch(/./);
  });

  it.each([
    ['of 0', 0, 'recipe/malformed'],
    ['of 2^31 - 1 µl', 0x7fff_ffff, 'recipe/over-bound'],
    ['of -1, which is 2^32 - 1', 0xffff_ffff, 'recipe/over-bound'],
  ])('%s that was sealed all the same moves nothing, and the next drink is exact', async (_, amount, why) => {
    await using machine = await bar.machine();
    const result = await machine.pourWith({ 1: (record) => record.setUint32(firstAmount, amount, true) });
    expect(result).toMatchObject({ result: 'failed', reason: why, delivered_ul: 0 });
    await machine.stoodStill();
    await machine.nextPoursExactly();
  });

  it.each([0, -40, 2 ** 31 - 1])('of %i in a program of 2018 is not imported', (amount) => {
    const told = 'lines.0.components.0.amount must be whole millilitres from 1 to 1000';
    expect(refusedProgram(lineOf([['cola', amount]]))).toBe(told);
  });
});
