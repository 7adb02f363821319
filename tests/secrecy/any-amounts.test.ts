import { it } from 'vitest';
import { comparePairs } from './support/compare-pairs.ts';

it(
  'any two drinks with the same public part are told apart by nothing, whenever they are stopped: 12 pairs',
  { timeout: 120_000 },
  () => comparePairs(12),
);
