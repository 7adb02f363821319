import { Dice } from '#firmware-bridge/sim/dice.ts';

/** What becomes of what was not synced when the power goes. */
export interface Loss {
  /** Those of the unsynced changes that reach the medium, in the order in which they do. */
  keep<T>(changes: readonly T[]): readonly T[];
  /** What of one write that does reaches the medium. */
  tear(bytes: Uint8Array): Uint8Array;
}

export const losesAll: Loss = { keep: () => [], tear: (bytes) => bytes };
export const losesNothing: Loss = { keep: (changes) => changes, tear: (bytes) => bytes };

/** The first of the changes does not get there, those after it do. */
export const losesFirst: Loss = { keep: (changes) => changes.slice(1), tear: (bytes) => bytes };

/** All changes get there, but of each write only the first `bytes`. */
export function losesAfter(bytes: number): Loss {
  return { keep: (changes) => changes, tear: (written) => written.subarray(0, bytes) };
}

/** Some of the changes, in some order, each write whole, cut off, or with zeros or noise in place of what is missing. */
export function losesSome(seed: number): Loss {
  const dice = new Dice(seed);
  const below = (limit: number): number => Math.floor(dice.uniform() * limit);
  return {
    keep(changes) {
      const kept = changes.filter(() => dice.uniform() < 0.5);
      if (dice.uniform() < 0.25) kept.reverse();
      return kept;
    },
    tear(bytes) {
      const at = below(bytes.length + 1);
      switch (below(5)) {
        case 0:
          return bytes;
        case 1:
          return bytes.subarray(0, at);
        case 2:
          return bytes.map((byte, i) => (i < at ? byte : 0));
        case 3:
          return bytes.map((byte, i) => (i < at ? byte : below(256)));
        default:
          return bytes.map((byte, i) => (i < at ? 0 : byte));
      }
    },
  };
}
