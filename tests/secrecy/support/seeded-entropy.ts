import { createHash } from 'node:crypto';
import type { Entropy } from '#shared/entropy.ts';

/** Bytes that depend on `seed` and on how many were asked for before: the same in two runs that ask alike. */
export function seededEntropy(seed: string): Entropy {
  let asked = 0;
  return {
    bytes(count) {
      asked += 1;
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count; at += 32) {
        const block = createHash('sha256').update(`${seed} ${asked} ${at}`).digest();
        bytes.set(block.subarray(0, Math.min(32, count - at)), at);
      }
      return bytes;
    },
  };
}
