import { deepStrictEqual, match, ok, partialDeepStrictEqual } from 'node:assert/strict';
import { writeSync } from 'node:fs';

/**
 * The words of a contract suite, for a computer without a test runner. Tests run one after another by `runAll`, and each is
 * reported on a line of its own.
 */
type Body = (...values: readonly unknown[]) => Promise<void> | void;

const tests: { readonly name: string; readonly run: () => Promise<void> | void }[] = [];
const above: string[] = [];

export function describe(name: string, body: () => void): void {
  above.push(name);
  body();
  above.pop();
}

export function it(name: string, run: () => Promise<void> | void): void {
  tests.push({ name: [...above, name].join(' '), run });
}

it.each =
  (rows: readonly unknown[]) =>
  (name: string, body: Body): void => {
    for (const row of rows) {
      const values: readonly unknown[] = Array.isArray(row) ? row : [row];
      let place = 0;
      it(
        name.replaceAll(/%[si]/g, () => String(values[place++])),
        () => body(...values),
      );
    }
  };

/** Runs every test that was told so far. */
export async function runAll(): Promise<void> {
  for (const { name, run } of tests.splice(0)) {
    let error: string | null = null;
    try {
      await run();
    } catch (thrown) {
      error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    }
    report({ t: 'test', name, error });
  }
}

/** Tells the computer outside. */
export function report(line: object): void {
  writeSync(1, `@${JSON.stringify(line)}\n`);
}

export function expect(actual: unknown) {
  return {
    toBe: (wanted: unknown) => ok(Object.is(actual, wanted), `${String(actual)} is not ${String(wanted)}`),
    toEqual: (wanted: unknown) => deepStrictEqual(actual, wanted),
    toMatchObject: (wanted: object) => partialDeepStrictEqual(actual, wanted),
    toBeDefined: () => ok(actual !== undefined),
    toBeLessThanOrEqual: (most: number) => ok((actual as number) <= most, `${String(actual)} is more than ${most}`),
    toBeGreaterThan: (least: number) => ok((actual as number) > least, `${String(actual)} is not more than ${least}`),
    toThrow: (text: string) => throws(() => (actual as () => unknown)(), text),
    not: {
      toBe: (other: unknown) => ok(!Object.is(actual, other), `is ${String(other)}`),
    },
    rejects: { toThrow: (text: string) => throws(() => actual, text) },
    resolves: { toBeDefined: async () => ok((await actual) !== undefined) },
  };
}

function throws(work: () => unknown, text: string): Promise<void> | void {
  const check = (error: unknown): void =>
    match(String(error), new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  const didNot = (): never => {
    throw new Error(`did not throw ${text}`);
  };
  let answer: unknown;
  try {
    answer = work();
  } catch (error) {
    check(error);
    return;
  }
  return answer instanceof Promise ? answer.then(didNot, check) : didNot();
}
