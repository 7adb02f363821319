import { describe, expect, test } from 'vitest';
import { count } from './vitest-run.ts';

const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
const file = (status: string, ...results: string[]) => ({
  name: 'a.test.ts',
  status,
  assertionResults: results.map((result) => ({ status: result })),
});

describe('counting a vitest run', () => {
  test('all passed and a good end count as they are', () => {
    expect(count(report, 0)).toEqual({ passed: 3, failed: 0 });
  });

  test('no report at all is one failure', () => {
    expect(count(null, 0)).toEqual({ passed: 0, failed: 1 });
  });

  test('an error at the end with every test passed is one failure', () => {
    expect(count(report, 1)).toEqual({ passed: 3, failed: 1 });
  });

  test('a file that could not be loaded counts beside failed tests', () => {
    const testResults = [file('failed'), file('failed', 'passed', 'failed'), file('passed', 'passed')];
    expect(count({ ...report, numFailedTests: 1, testResults }, 1)).toEqual({ passed: 3, failed: 2 });
  });

  test('a skipped test is a failure', () => {
    expect(count({ ...report, numPendingTests: 1 }, 0)).toEqual({ passed: 3, failed: 1 });
  });
});
