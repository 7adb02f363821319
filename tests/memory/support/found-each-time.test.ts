import { describe, expect, it } from 'vitest';
import { foundEachTime } from './found-each-time.ts';
import type { Found } from './memory-watch.ts';

const found = (name: string): Found => ({ name, piece: 1, what: 'amount', form: 'smi32' });

describe('a search that is repeated', () => {
  it('keeps what is found each time', async () => {
    const runs: Record<string, Found[]> = { a: [found('x'), found('y')], b: [found('y'), found('z')] };
    expect(await foundEachTime(['a', 'b'], (pair) => Promise.resolve(runs[pair] ?? []))).toEqual(['y']);
  });

  it('ends with the first that finds nothing', async () => {
    const asked: string[] = [];
    const search = (pair: string): Promise<Found[]> => {
      asked.push(pair);
      return Promise.resolve(pair === 'b' ? [] : [found('x')]);
    };
    expect(await foundEachTime(['a', 'b', 'c'], search)).toEqual([]);
    expect(asked).toEqual(['a', 'b']);
  });
});
