import type { FailureCode } from './failure-codes.ts';

/**
 * An expected misfortune about which someone must decide: a stable code for programs, sentences for people in
 * `src/wire/sentences`. Ports reject with it, the pure core returns it as data. Anything else that is thrown is a bug.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  /** Public facts for log and message (never a secret, never an amount of a sealed recipe). */
  readonly facts: Readonly<Record<string, string | number | boolean>>;

  constructor(code: FailureCode, facts: Record<string, string | number | boolean> = {}, cause?: unknown) {
    const told = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
    super(told.length > 0 ? `${code} (${told.join(', ')})` : code, cause === undefined ? undefined : { cause });
    this.code = code;
    this.facts = facts;
  }
}

/** Whether `error` is a failure, of one of `codes` when some are given. */
export function isFailure(error: unknown, ...codes: FailureCode[]): error is Failure {
  return error instanceof Failure && (codes.length === 0 || codes.includes(error.code));
}

/** @throws Error (a bug, not a failure) unless `condition` holds. */
export function invariant(condition: unknown, text: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${text}`);
}

/** The end of a `switch` that names every case. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
