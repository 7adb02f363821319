/** How many passed and failed, over all kinds of checks of a run. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** One named check: answers what is wrong, or nothing. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<string>;
}

/** Runs checks one after the other, a line for each, what is wrong below it. */
export async function runChecks(checks: readonly Check[]): Promise<Tally> {
  let failed = 0;
  for (const { name, run } of checks) {
    const start = performance.now();
    const wrong = await run().catch((error: unknown) => (error instanceof Error ? (error.stack ?? '') : String(error)));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stdout.write(`${wrong === '' ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
    if (wrong !== '') {
      failed += 1;
      process.stdout.write(`${wrong.trimEnd()}\n`);
    }
  }
  return { passed: checks.length - failed, failed };
}

/** Prints the closing line of a run and answers its exit code. */
export function close(...tallies: readonly Tally[]): number {
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
