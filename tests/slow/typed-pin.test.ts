import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findModule } from '#hsm/cryptoki.ts';
import { softhsmPlace, writeSofthsmConfig } from '#hsm/softhsm-config.ts';
import { decant, temporaryFolder } from '../cli/decant.ts';
import { ceremonyPlan } from '../docs/ceremony.ts';
import { root } from '../run/program.ts';

// a terminal of its own, made by `script`, at which somebody types
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const backspace = '\u007f';

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeSofthsmConfig(join(folder.path, 'token'));
  await decant(['maker', 'init', '--state', 'maker'], { cwd: folder.path });
  await mkdir(join(folder.path, 'stick'));
  await writeFile(join(folder.path, 'plan.yaml'), ceremonyPlan());
});
afterAll(() => folder[Symbol.asyncDispose]());

const place = () => softhsmPlace(join(folder.path, 'token'));
const words = (): string[] =>
  'provision --machine-folder machine --plan plan.yaml --stick stick --token-label bar'
    .split(' ')
    .concat('--module', findModule(), '--soft-tokens', place().tokensFolder);

/** Runs it at a terminal; each answer is typed when its question stands there. Answers all that was shown. */
function atTerminal(answers: readonly (readonly [question: string, typed: string])[]): Promise<string> {
  const main = join(root, 'src', 'cli', 'main.ts');
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', main, ...words()].join(' ');
  const env = { ...process.env, SOFTHSM2_CONF: place().configFile, LC_ALL: 'C.UTF-8' };
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder.path, env });
  let shown = '';
  let next = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const [question, typed] = answers[next] ?? [];
    if (question === undefined || !shown.includes(question)) return;
    next += 1;
    child.stdin.write(`${typed}\r`);
  });
  return new Promise((resolve) => child.once('close', () => resolve(shown)));
}

test('PIN and SO-PIN are typed, corrected and not shown, and are those with which the token opens again', async () => {
  const shown = await atTerminal([
    ['PIN of the token "bar":', `12x${backspace}34-quiet`],
    ['SO-PIN for the new token "bar":', '9876-quiet'],
  ]);
  expect(shown).toContain('step 4 of 10');
  expect(shown).not.toContain('quiet');
  await writeFile(join(folder.path, 'pin'), '1234-quiet\n', { mode: 0o600 });
  const env = { SOFTHSM2_CONF: place().configFile };
  const again = await decant([...words(), '--pin-file', 'pin'], { cwd: folder.path, env });
  expect([again.code, again.err]).toEqual([2, '']);
  expect(again.out).toContain('Waiting for the certificate.');
});

test('nobody is asked where nobody can type', async () => {
  const ended = await decant([...words(), '--machine-folder', 'elsewhere'], { cwd: folder.path });
  expect(ended.code).toBe(2);
  expect(ended.err).toContain('[usage/option-missing]');
});
