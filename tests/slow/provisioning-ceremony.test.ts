import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decant, type Ended, temporaryFolder } from '../cli/decant.ts';
import { ceremonyCommands, ceremonyPlan } from '../docs/ceremony.ts';

// the document's commands as they stand there, with two real tokens in two folders
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder.path, 'plan.yaml'), ceremonyPlan());
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Runs a section; answers what each command ended with. */
async function follow(heading: string): Promise<Ended[]> {
  const ended: Ended[] = [];
  for (const words of ceremonyCommands(heading)) {
    const filled = await Promise.all(words.map(async (word) => (word === 'HEX' ? newRootsFingerprint() : word)));
    ended.push(await decant(filled, { cwd: folder.path }));
  }
  return ended;
}

async function newRootsFingerprint(): Promise<string> {
  const root = await readFile(join(folder.path, 'maker', 'certificates', 'root-2.der'));
  return createHash('sha256').update(root).digest('hex');
}

test('the ceremony of hsm/PROVISIONING.md brings a machine into service, as typed', async () => {
  const ended = await follow('The ceremony');
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 2, 0, 2, 0, 0, 0]);
  expect(ended.at(-2)?.out).toContain('Complete.');
  expect(ended.at(-1)?.out).toContain('each as it must be');
  const audit = await readFile(join(folder.path, 'machine', 'cell', 'provisioning', 'audit.log'), 'utf8');
  const [first = '', second = ''] = audit.split('\n');
  expect(JSON.parse(second)).toMatchObject({ previous: createHash('sha256').update(first).digest('hex') });
});

test('what it says of a machine in service works, as typed', async () => {
  const ended = await follow('In service');
  expect(ended.map(({ code }) => code)).toEqual(ended.map(() => 0));
  expect(ended[6]?.out).toContain('epochs 2, 1');
  expect(ended[7]?.out).toContain('each as it must be');
});
