import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Timing, writeDispense } from '#recipes/record.ts';
import { sourceText } from '#tests/support/sealed-drink.ts';
import { Bar } from './support/bar.ts';
import { lineOf, refusedProgram } from './support/program-of-2018.ts';
import { refusedSource } from './support/refused-source.ts';

/** 2018: a line of no components with timing 1 or 2 ends the pump controller by a segmentation fault. */
describe('a step that pours nothing', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  it('in a source is refused, with its line and why', () => {
    const text = sourceText.replace('{orange-juice: 61.5, vodka: 40}', '{}');
    const refused = refusedSource(text);
    expect(refused).toMatchObject({ line: 10, at: 'steps.0.pour' });
    expect(refused.reason).toBe('1 to 6 ingredients');
  });

  it.each<Timing>(['machine', 'together', 'same_end', 'one_after_other'])(
    'that was sealed all the same with timing %s moves nothing, and the next drink is exact',
    async (timing) => {
      await using machine = await bar.machine();
      const result = await machine.pourWith({ 1: (record) => writeDispense(record, timing, []) });
      expect(result).toMatchObject({ result: 'failed', reason: 'recipe/malformed', delivered_ul: 0 });
      await machine.stoodStill();
      await machine.nextPoursExactly();
    },
  );

  it.each([0, 1, 2, 3])('in a program of 2018 with timing %i is not imported', (timing) => {
    expect(refusedProgram(lineOf([], { timing }))).toBe('lines.0.components must not be empty');
  });
});
