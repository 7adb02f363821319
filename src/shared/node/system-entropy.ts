import { randomFillSync } from 'node:crypto';
import type { Entropy } from '../entropy.ts';

/** The operating system's random number generator. */
export const systemEntropy: Entropy = {
  bytes: (count) => randomFillSync(new Uint8Array(count)),
};
