import fc from 'fast-check';
import { expect } from 'vitest';
import { arbitraryPair } from './arbitrary-pair.ts';
import { cast } from './cast.ts';
import { at, stopped, toldApart } from './stories.ts';

const everyMs = 2600;

/** Pours so many pairs of drinks with equal public parts, each pair stopped at one moment or let through, and compares all that is told. */
export async function comparePairs(numRuns: number): Promise<void> {
  const people = await cast();
  const moment = fc.integer({ min: 1, max: 14 }).map((n) => n * everyMs);
  await fc.assert(
    fc.asyncProperty(arbitraryPair, moment, async (pair, stopAt) => {
      expect(await toldApart(people, pair, at(stopAt, stopped, everyMs))).toEqual([]);
    }),
    { numRuns },
  );
}
