import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../run/program.ts';
import { hotFiles, leftOnHeap } from './hot-files.ts';

const within = (statement: string): string[] => leftOnHeap('a.ts', `function pour(ul: number) {\n  ${statement}\n}\n`);

describe('a file through which amounts pass', () => {
  test.each([
    ['an object', 'keep({ ul });'],
    ['a list', 'keep([ul]);'],
    ['a spread', 'keep(...doses);'],
    ['a text', 'keep(`${ul} µl`);'],
    ['a fraction', 'return ul / 2;'],
    ['a fraction in place', 'ul /= 2;'],
    ['a rounded fraction', 'return Math.round(ul);'],
    ['a number from 2^31 on', 'return ul + 0x8000_0000;'],
    ['a number with a fraction', 'return ul * 0.5;'],
    ['a list of a typed array', 'return Array.from(doses);'],
    ['a copy of a typed array', 'return doses.slice();'],
    ['pairs', 'for (const pair of doses.entries()) keep(pair);'],
    ['a text by a call', 'return String(ul);'],
    ['an object of a class', 'return new Dose(ul);'],
    ['an object in a function inside', 'each(() => keep({ ul }));'],
  ])('leaves nothing on the heap: not %s', (_, statement) => {
    expect(within(statement)).toEqual([expect.stringMatching(/^a\.ts:2 /)]);
  });

  test.each([
    ['whole sums and products', 'return Math.max(ul + 1, ul * 1000 - 7, 0x7fff_ffff);'],
    ['the quotient', 'return (n - (n % d)) / d;'],
    ['its buffer, looked at in another way', 'new Uint8Array(this.#bytes).fill(0);'],
    ['a failure', 'throw new RangeError(`no row ${row}`);'],
    ['types', 'let each: readonly [1.5, { ul: 4_000_000_000 }];'],
  ])('may hold %s', (_, statement) => {
    expect(within(statement)).toEqual([]);
  });

  test('may hold what is made once, outside of its functions, and in those that see no amount', () => {
    expect(leftOnHeap('a.ts', 'const table = { half: 0.5, list: [1] };\n')).toEqual([]);
    expect(leftOnHeap('a.ts', 'function made() {\n  return [1];\n}\n', ['made'])).toEqual([]);
  });

  test.each(Object.keys(hotFiles))('is held to it: a break planted in %s is found', (path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const broken = `${text}\nexport function planted(ul: number) {\n  return [ul / 2];\n}\n`;
    expect(leftOnHeap(path, text, hotFiles[path])).toEqual([]);
    expect(leftOnHeap(path, broken, hotFiles[path])).toHaveLength(2);
  });
});
