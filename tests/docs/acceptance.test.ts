import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../run/program.ts';

const page = readFileSync(join(root, 'tests/acceptance/README.md'), 'utf8');
const rows = [...page.matchAll(/^\| (\d+) \| (.+) \| `(.+)` \| (.+) \|$/gm)];
const complaints = [...page.matchAll(/^\| ([^|]+) \| `([^|]+)` \| (.+) \|$/gm)];
const pouring = [1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18, 19, 20];
const found2018 = 20;

describe('tests/acceptance/README.md', () => {
  test('answers every check that concerns pouring', () => {
    expect([...new Set(rows.map(([, number]) => Number(number)))]).toEqual(pouring);
  });

  test('answers complaints beside the checks', () => {
    expect(complaints.length).toBeGreaterThan(25);
  });

  test.each([
    ...rows.map(([, number, what, file, sentence]) => ({ number, what, file: file ?? '', sentence: sentence ?? '' })),
    ...complaints.map(([, what, file, sentence]) => ({
      number: 'a complaint',
      what,
      file: file ?? '',
      sentence: sentence ?? '',
    })),
  ])('names for $number a file with its sentence: $what', ({ file, sentence }) => {
    expect(existsSync(join(root, file)), file).toBe(true);
    expect(readFileSync(join(root, file), 'utf8')).toContain(sentence);
  });

  test('names every file of its own folder', () => {
    const own = globSync('tests/acceptance/*.{test,long}.ts', { cwd: root });
    expect(own.filter((file) => !page.includes(`\`${file}\``))).toEqual([]);
  });
});

describe('tests/pump-controller-of-2018', () => {
  test('has a file for each of its crashes and wrong pours, which says first what it did', () => {
    const files = globSync('tests/pump-controller-of-2018/*.test.ts', { cwd: root });
    expect(files).toHaveLength(found2018);
    for (const file of files) expect(readFileSync(join(root, file), 'utf8'), file).toMatch(/^(?:\/\*\*| \*) 2018: /m);
  });
});
