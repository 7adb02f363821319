import { expect, test } from 'vitest';
import { sum } from './noise.ts';
import { noisyMachine } from './noisy-machine.ts';

test.each([20_180_601, 7])(
  'ten thousand faults of a line switch nothing on that was not commanded: seed %i',
  async (seed) => {
    const { faults, ends, recorded, mischief } = await noisyMachine(seed, 10_000, 40);
    console.info(
      `seed ${seed}: ${sum(faults)} faults ${JSON.stringify(faults)}, jobs ${JSON.stringify(ends)}, ${recorded} recorded`,
    );
    expect(mischief).toEqual([]);
    expect(ends['done']).toBeGreaterThanOrEqual(40);
  },
);
