import { expect, it } from 'vitest';
import type { SourceStep } from '#recipes/source.ts';
import { cast, secretConfig } from './support/cast.ts';
import { poured, tapeOf } from './support/stories.ts';
import { differences } from './support/tape.ts';

const drink = (cola: number, milk: number): readonly SourceStep[] => [
  { pour: { cola, milk, vodka: 30 }, timing: 'one_after_other' },
];

it('the real marketplace cannot tell two drinks apart, by no row of its database', { timeout: 240_000 }, async () => {
  const people = await cast();
  const story = poured(async () => {}, 5200);
  const first = await tapeOf(people, drink(30, 40), story, secretConfig(), 'real');
  const second = await tapeOf(people, drink(40, 30), story, secretConfig(), 'real');
  expect(differences(first, second)).toEqual([]);
  const rows = first.lines('marketplace database');
  expect(rows.filter((row) => row.includes('"table":"licensing.outcome"')).length).toBe(1);
  expect(rows.join()).toContain('decant-usage');
});
