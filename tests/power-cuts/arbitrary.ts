import fc from 'fast-check';
import { losesAll, losesNothing, losesSome } from './loss.ts';
import type { Ending } from './machine.ts';
import type { Cut } from './run.ts';
import { stories, type Story } from './stories.ts';

/** A cut somewhere in the first life of a story, and up to two in the recoveries after it. */
export interface Scene {
  readonly story: Story;
  readonly cuts: readonly Cut[];
  /** Whether it is started twice more in the end. */
  readonly again: boolean;
}

/** How a life ends: as often by the process as by the power. */
export const endings: fc.Arbitrary<Ending> = fc.oneof(
  fc.record({ t: fc.constant('process' as const), downMs: fc.integer({ min: 0, max: 12_000 }) }),
  fc
    .record({ card: losses(), keys: losses(), forgets: fc.boolean() })
    .map((power) => ({ t: 'power' as const, ...power })),
);

function losses() {
  return fc.oneof(fc.constant(losesAll), fc.constant(losesNothing), fc.integer().map(losesSome));
}

/** `steps`: of each story when nothing interrupts it. */
export function scenes(steps: ReadonlyMap<Story, number>): fc.Arbitrary<Scene> {
  const cut = (last: number) => fc.record({ at: fc.integer({ min: 0, max: last }), ending: endings });
  return fc.constantFrom(...stories).chain((story) =>
    fc
      .record({
        first: cut(steps.get(story) ?? 0),
        more: fc.array(cut(24), { maxLength: 2 }),
        again: fc.nat(4).map((n) => n === 0),
      })
      .map(({ first, more, again }) => ({ story, cuts: [first, ...more], again })),
  );
}
