import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isFailure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import { Mutator } from './mutate.ts';

/** A reader of foreign bytes, and the only ways in which it may refuse them. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  readonly codes: readonly FailureCode[];
  /** Makes one input; without it a changed seed. */
  make?(mutator: Mutator): Uint8Array;
  /** Reads the input; answers whether it was taken. @throws what the product throws */
  feed(bytes: Uint8Array): boolean | Promise<boolean>;
}

export interface FuzzReport {
  readonly inputs: number;
  readonly taken: number;
  /** How often each code was said. */
  readonly refused: ReadonlyMap<string, number>;
  /** By how much memory grew after the first tenth, bytes. */
  readonly grown: Memory;
}

/** `used`: what is still reachable. `resident`: all of the process, with the room that V8 keeps for the next garbage. */
interface Memory {
  readonly used: number;
  readonly resident: number;
}

/** Feeds `inputs` inputs; @throws Error with seed, number and bytes of the first that was neither taken nor refused by its codes */
export async function fuzz(target: Target, inputs: number, seed: number): Promise<FuzzReport> {
  const mutator = new Mutator(seed, target.seeds);
  const refused = new Map<string, number>();
  let taken = 0;
  let base = memory();
  // nearly every input ends in a failure, and its stack costs more than all the rest
  using _stacks = withoutStacks();
  for (let n = 0; n < inputs; n += 1) {
    if (n === Math.floor(inputs / 10)) base = memory();
    const bytes = target.make?.(mutator) ?? mutator.next();
    const answer = await answerTo(target, bytes, `seed ${seed}, input ${n}`);
    if (answer === null) taken += 1;
    else refused.set(answer, (refused.get(answer) ?? 0) + 1);
  }
  return { inputs, taken, refused, grown: grownSince(base) };
}

/** The code with which the input was refused; null when it was taken. */
export async function answerTo(target: Target, bytes: Uint8Array, which: string): Promise<string | null> {
  const about = (): string => `${target.name}: ${which}, ${Buffer.from(bytes).toString('base64')}`;
  try {
    const taken = target.feed(bytes);
    if (typeof taken === 'boolean' ? taken : await taken) return null;
    return 'refused';
  } catch (error) {
    if (isFailure(error, ...target.codes)) return error.code;
    throw new Error(about(), { cause: error });
  }
}

function withoutStacks(): Disposable {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  return {
    [Symbol.dispose]() {
      Error.stackTraceLimit = before;
    },
  };
}

function memory(): Memory {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // buffers outside the heap go one round after the objects that held them
  for (let round = 0; round < 3; round += 1) collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { used: heapUsed + external, resident: rss };
}

function grownSince(base: Memory): Memory {
  const now = memory();
  return { used: now.used - base.used, resident: now.resident - base.resident };
}
