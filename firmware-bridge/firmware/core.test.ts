import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';

/** `test/tests.c` has the tests by name; the program ends with the first that fails. */
it('the core keeps its promises with address and undefined-behaviour sanitizers watching', async () => {
  const out = inject('runFolder');
  const make = promisify(execFile)('make', ['-s', '-C', import.meta.dirname, 'check', `OUT=${out}`]);
  const { stdout } = await make.catch((error: Error & { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  const passed = stdout.split('\n').filter((line) => line.startsWith('ok '));
  expect(passed.length, join(import.meta.dirname, 'test/tests.c')).toBeGreaterThan(30);
});
