import { it } from 'vitest';
import { comparePairs } from '../secrecy/support/compare-pairs.ts';

it(
  'any two drinks with the same public part are told apart by nothing, whenever they are stopped: 500 pairs',
  { timeout: 1_200_000 },
  () => comparePairs(500),
);
