import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runNode } from './program.ts';
import type { Tally } from './tally.ts';

/** The part of vitest's JSON report that is counted here. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** Runs vitest, its progress shown as it comes, and counts. */
export async function runVitest(args: readonly string[], config = 'tests/vitest.config.ts'): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'decant-tests-'));
  try {
    const file = join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const { code } = await runNode([vitest, 'run', '--config', config, ...reporters, ...args], { show: true });
    const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as VitestReport) : null;
    return count(report, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Counts tests; a file that could not be loaded, a skipped test, and an end with an error although every test passed
 * (coverage below its threshold, an unhandled rejection) each count as one failed.
 */
export function count(report: VitestReport | null, code: number): Tally {
  if (report === null) return { passed: 0, failed: 1 };
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((result) => result.status !== 'failed'),
  ).length;
  const failed = report.numFailedTests + report.numPendingTests + report.numTodoTests + unloaded;
  return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}
