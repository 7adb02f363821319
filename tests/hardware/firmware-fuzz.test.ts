import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, inject, it } from 'vitest';
import { buildFirmware } from '#tests/support/board.ts';

const source = join(import.meta.dirname, 'fuzz');
const out = inject('runFolder');

beforeAll(() => buildFirmware('all', out, source));

/** Runs a fuzzer from its seeds for so long; answers how many inputs it tried and how many edges of code they reached. */
async function fuzz(name: string, seconds: number, seeds: readonly string[]): Promise<{ runs: number; edges: number }> {
  const corpus = join(out, `${name}-corpus`);
  await mkdir(corpus);
  const args = [`-max_total_time=${seconds}`, '-max_len=600', '-timeout=20', corpus, ...seeds];
  const { stderr } = await promisify(execFile)(join(out, name), args, { cwd: out, maxBuffer: 2 ** 28 }).catch(
    (error: Error & { stderr: string }) => {
      throw new Error(error.stderr.slice(-6000));
    },
  );
  const [, runs, edges] = /#(\d+)\s+DONE\s+cov: (\d+)/.exec(stderr) ?? [];
  console.log(`${name}: ${runs} runs in ${seconds} s, ${edges} edges of code reached`);
  return { runs: Number(runs), edges: Number(edges) };
}

it('whatever is asked of the core, no output is on outside an enabled, armed, leased job, nor beyond its limit', async () => {
  const { runs, edges } = await fuzz('core-fuzz', 40, [join(source, 'seeds')]);
  expect(runs).toBeGreaterThan(500);
  expect(edges).toBeGreaterThan(500);
});

it('whatever bytes come in, with right checksums or wrong ones, nothing moves and what goes out is sound', async () => {
  const { runs } = await fuzz('frames-fuzz', 20, []);
  expect(runs).toBeGreaterThan(500);
});
