import { expect, it } from 'vitest';
import { cast, secretConfig } from '../secrecy/support/cast.ts';
import { comparePairs } from '../secrecy/support/compare-pairs.ts';
import { at, stopped, toldApart } from '../secrecy/support/stories.ts';

it(
  'any two drinks with the same public part are told apart by nothing, whenever they are stopped: 500 pairs',
  {
    timeout: 1_200_000,
  },
  () => comparePairs(500),
);

it.each([2600, 14_300, 28_600])('nor by the real marketplace when they are stopped after %i ms', async (moment) => {
  const drink = (cola: number, milk: number) =>
    [{ pour: { cola, milk, vodka: 30 }, timing: 'one_after_other' }] as const;
  const story = at(moment, stopped, moment);
  const apart = await toldApart(await cast(), [drink(30, 40), drink(40, 30)], story, secretConfig(), 'real');
  expect(apart).toEqual([]);
});
