import { CanaryMachine, type CellOptions } from './canary-machine.ts';
import { canaryPhases } from './canary-phases.ts';
import type { Found } from './memory-watch.ts';

/** Two machines with recipes of one shape. */
export interface TwoMachines extends AsyncDisposable {
  readonly one: CanaryMachine;
  readonly other: CanaryMachine;
  /** The same with both. */
  both(what: (machine: CanaryMachine) => Promise<unknown>): Promise<void>;
}

export interface TwoOptions extends CellOptions {
  /** Which recipes they have. */
  readonly recipes?: readonly [number, number];
}

/**
 * Two machines that stand still before a drink; with `leaky` the first leaves copies of what it should wipe. Their machine time
 * is not zero, lest the steps' times be times of day.
 */
export async function twoMachines({
  leaky = false,
  flags = [],
  recipes = [3, 8],
}: TwoOptions = {}): Promise<TwoMachines> {
  await using stack = new AsyncDisposableStack();
  const [one, other] = await Promise.all([
    CanaryMachine.start(canaryPhases(recipes[0]), { leaky, flags }),
    CanaryMachine.start(canaryPhases(recipes[1]), { flags }),
  ]);
  stack.use(one);
  stack.use(other);
  const both: TwoMachines['both'] = async (what) => void (await Promise.all([what(one), what(other)]));
  await both((machine) => machine.pass(7919));
  const held = stack.move();
  return { one, other, both, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** What belongs to other pieces than the open one. */
export function elsewhere(found: readonly Found[], open: number): Found[] {
  return found.filter(({ piece }) => piece !== open);
}

/** What should not be in a cell while piece `open` pours: anything of other pieces, and amounts. Its steps may be. */
export function wronglyOpen(found: readonly Found[], open: number): Found[] {
  return found.filter(({ piece, what }) => piece !== open || what === 'amount');
}

/** In which forms amounts were found. */
export function formsOfAmounts(found: readonly Found[]): string[] {
  return [...new Set(found.filter(({ what }) => what === 'amount').map(({ form }) => form))].sort();
}
