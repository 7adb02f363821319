import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decant, type Ended, temporaryFolder } from './decant.ts';

const orange = '570a5df0-a044-4e22-b6e6-b10af872d75c';
const program = {
  recipe: {
    id: 'a drink of 2018',
    lines: [
      {
        timing: 2,
        sleep: 300,
        components: [
          { ingredient: orange, amount: 60 },
          { ingredient: orange, amount: 20 },
        ],
      },
      { timing: 3, sleep: 0, components: [{ ingredient: 'syrup', amount: 10 }] },
    ],
  },
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  decant(['recipe', 'import-2018', ...args], { cwd: folder.path, env });

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(at('Old Drink.json'), JSON.stringify(program));
  await writeFile(at('names.yaml'), `${orange}: orange-juice\n`);
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

describe('decant recipe import-2018', () => {
  test('writes a source for the author to finish, and says what became of each line', async () => {
    const { code, out, err } = await run(['Old Drink.json', '-o', 'old.yaml', '--ingredients', 'names.yaml']);
    expect({ code, out }).toEqual({ code: 0, out: 'old.yaml is written; fill in what is empty, then seal it.\n' });
    expect(err.split('\n').filter((line) => line !== '')).toEqual([
      expect.stringMatching(/^! line 1: orange-juice stood there twice/),
      '! line 1: 300 ms of sleep became a pause of 500 ms; pauses are half seconds.',
      '! syrup: an id of the 2018 machine; put an ingredient of ours in its place',
    ]);
    const source = await readFile(at('old.yaml'), 'utf8');
    expect(source).toContain('slug: old-drink\n');
    expect(source).toMatch(/^recipe_id: '[0-9a-f]{32}'$/m);
    expect(source).toContain('  - pour: {orange-juice: 80}\n    timing: same_end\n    pause_s: 0.5\n');
    expect(source).toContain('  - pour: {syrup: 10}\n    timing: one_after_other\n');
  });

  test('never writes over a source that somebody may have worked on', async () => {
    await writeFile(at('mine.yaml'), 'mine');
    const { code, err } = await run(['Old Drink.json', '-o', 'mine.yaml']);
    expect(code).toBe(2);
    expect(err).toContain('EEXIST');
    expect(await readFile(at('mine.yaml'), 'utf8')).toBe('mine');
  });

  test('prints the source without -o, another id each time, and says in German what it changed', async () => {
    const german = await run(['Old Drink.json'], { LC_ALL: 'de_DE' });
    expect(german.err).toContain('! Zeile 1: ');
    expect(german.out).toContain('bitte ausfüllen');
    const ids = [german, await run(['Old Drink.json'])].map(({ out }) => /recipe_id: '(\w+)'/.exec(out)?.[1]);
    expect(new Set(ids).size).toBe(2);
  });

  test('writes nothing of a program of which a later line is bad', async () => {
    const lines = [...program.recipe.lines, { timing: 1, sleep: 0, components: [] }];
    await writeFile(at('bad.json'), JSON.stringify({ recipe: { lines } }));
    const before = await readdir(folder.path);
    const { code, out, err } = await run(['bad.json', '-o', 'bad.yaml']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('lines.2.components: must not be empty');
    expect(await readdir(folder.path)).toEqual(before);
  });

  test.each([
    [[], 2, 'FILE.json'],
    [['absent.json'], 2, 'ENOENT'],
    [['Old Drink.json', '--ingredients', 'Old Drink.json'], 1, 'recipe/source-invalid'],
    [['Old Drink.json', 'another.json'], 2, 'another.json'],
  ] as const)('refuses %j', async (args, exitCode, told) => {
    const { code, err } = await run(args);
    expect(code).toBe(exitCode);
    expect(err).toContain(told);
  });
});
