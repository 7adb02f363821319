import { describe, expect, test } from 'vitest';
import { compare, measure } from './sizes.ts';

const limits = { file: 10, function: 4 };
const tables = ['src/texts/'];

describe('the sizes', () => {
  test('a function of five lines breaks a limit of four', () => {
    const measured = new Map<string, number>();
    measure('src/a.ts', 'function long() {\n  1;\n  2;\n  3;\n}\n', measured);
    expect(compare(measured, { limits, tables, over: {} })).toEqual([
      expect.stringContaining('src/a.ts#long has 5 lines'),
    ]);
  });

  test('lines of an inner function are not counted for the outer one', () => {
    const measured = new Map<string, number>();
    measure(
      'src/a.ts',
      'const outer = () => {\n  const inner = () => {\n    1;\n  };\n  return inner;\n};\n',
      measured,
    );
    expect(measured.get('src/a.ts#outer')).toBe(4);
    expect(measured.get('src/a.ts#inner')).toBe(3);
  });

  test('a file of eleven lines breaks a limit of ten, unless it stands in the list with eleven', () => {
    const measured = new Map([['src/a.ts', 11]]);
    expect(compare(measured, { limits, tables, over: {} })).toHaveLength(1);
    expect(compare(measured, { limits, tables, over: { 'src/a.ts': 11 } })).toEqual([]);
  });

  test('an exception that has become shorter must be lowered', () => {
    expect(compare(new Map([['src/a.ts', 11]]), { limits, tables, over: { 'src/a.ts': 12 } })).toEqual([
      expect.stringContaining('lower or drop'),
    ]);
  });

  test('an exception for a file that is gone must be dropped', () => {
    expect(compare(new Map(), { limits, tables, over: { 'src/a.ts': 12 } })).toHaveLength(1);
  });

  test('a table of text may be as long as it is, a function in it may not', () => {
    const measured = new Map([
      ['src/texts/de.ts', 11],
      ['src/texts/de.ts#plural', 5],
    ]);
    expect(compare(measured, { limits, tables, over: {} })).toEqual([expect.stringContaining('#plural')]);
  });

  test('functions of test files have no limit', () => {
    const measured = new Map<string, number>();
    measure('src/a.test.ts', 'function long() {\n  1;\n  2;\n  3;\n}\n', measured);
    expect([...measured.keys()]).toEqual(['src/a.test.ts']);
  });
});
