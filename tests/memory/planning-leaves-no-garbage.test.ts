import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const program = new URL('support/plan-on-the-heap.ts', import.meta.url).pathname;
/** As the cell runs (src/decisions/0010), and with room for all the garbage there could be. */
const asCell = ['--no-opt', '--no-maglev', '--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'];
const plans = 100_000;

async function growth(...more: string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [...asCell, program, String(plans), ...more]);
  return Number(stdout);
}

test('a hundred thousand plans and remainders leave less than one byte each on the heap', async () => {
  expect(await growth()).toBeLessThan(plans);
});

test('one small object for each plan would be seen (the measurement can fail)', async () => {
  expect(await growth('--leaky')).toBeGreaterThan(10 * plans);
});
