import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sequences } from '#cell/provisioning/sequence.ts';
import { decant, type Ended, temporaryFolder } from '../cli/decant.ts';
import { ceremonyPlan } from '../docs/ceremony.ts';
import { root } from '../run/program.ts';

// a real SoftHSM and real processes, ended by SIGKILL at a step or some milliseconds into it
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder.path, 'plan.yaml'), ceremonyPlan());
  await run('maker', 'init', '--state', 'maker');
  await run('maker', 'class-key', 'new', '--class', 'demo-mixer', '--out', 'class.der', '--state', 'maker');
});
afterAll(() => folder[Symbol.asyncDispose]());

const run = (...args: string[]): Promise<Ended> => decant(args, { cwd: folder.path });
const provisionArguments = (machine: string): string[] => [
  'provision',
  '--json',
  '--machine-folder',
  machine,
  '--stick',
  join(machine, 'stick'),
  '--plan',
  'plan.yaml',
];

/** One run, killed `ms` after it has said that it begins `step`; answers its exit code, null when it was killed. */
function killedAt(machine: string, step: string, ms: number): Promise<number | null> {
  const main = join(root, 'src', 'cli', 'main.ts');
  const args = ['--disable-warning=ExperimentalWarning', main, ...provisionArguments(machine)];
  const child = spawn(process.execPath, args, { cwd: folder.path, stdio: ['ignore', 'pipe', 'ignore'] });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if ((JSON.parse(line) as { step?: string }).step === step) setTimeout(() => child.kill('SIGKILL'), ms);
  });
  return new Promise((resolve) => child.once('close', resolve));
}

/** What the maker does when it is asked; a file that is there already is answered again. */
async function makerAnswers(machine: string): Promise<void> {
  const at = (name: string): string => join(machine, 'stick', name);
  const state = ['--state', 'maker'];
  const claims = ['--machine', 'bar-7', '--token', 'soft', '--profile', 'H', '--replace'];
  await run('maker', 'enrol', ...claims, '--in', at('request.p10'), '--out', at('identity.der'), ...state);
  await run('maker', 'class-key', 'wrap', '--in', at('transport.cose'), '--out', at('class-key.cose'), ...state);
}

const cuts = sequences.machine.map((step, i) =>
  fc.sample(fc.integer({ min: 0, max: 400 }), { seed: 20261122 + i, numRuns: 1 }).map((ms) => [step, ms] as const),
);

test.each(cuts.flat())('killed in step %s, %i ms into it, the machine comes to the same end', async (step, ms) => {
  const machine = `${step}-${ms}`;
  for (let turn = 0; turn < 4; turn += 1) {
    if ((await killedAt(machine, step, ms)) === null) break;
    await makerAnswers(machine);
  }
  let code = 2;
  for (let turn = 0; turn < 5 && code === 2; turn += 1) {
    ({ code } = await run(...provisionArguments(machine)));
    if (code === 2) await makerAnswers(machine);
  }
  expect(code).toBe(0);
  const verified = await run('provision', '--verify', '--json', '--machine-folder', machine);
  expect(JSON.parse(verified.out)).toMatchObject({ findings: [] });
  const { objects } = JSON.parse(verified.out) as { objects: { label: string }[] };
  expect(objects.map(({ label }) => label.replace(/^prekey-.*/, 'prekey'))).toEqual([
    'class-demo-mixer-1',
    'identity',
    'prekey',
    'prekey',
    'state',
  ]);
  const audit = await readFile(join(folder.path, machine, 'cell', 'provisioning', 'audit.log'), 'utf8');
  expect(audit.trimEnd().split('\n').at(-1)).toContain('{"t":"done","step":"read-back"}');
});
