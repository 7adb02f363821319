import { describe, expect, test } from 'vitest';
import { earlyEnds } from './lifetimes.ts';

describe('a function that holds something with using', () => {
  test('may not hand on an unsettled promise', () => {
    const text = 'function ask(): Promise<number> {\n  using held = open();\n  return held.ask();\n}\n';
    expect(earlyEnds('a.ts', text)).toEqual([expect.stringContaining('a.ts:1 holds')]);
  });

  test('may not do so as an arrow or a method, nor below a condition', () => {
    const arrow = 'const ask = (): Promise<void> => {\n  using held = open();\n  return held.ask();\n};\n';
    const method =
      'class A {\n  ask(): Promise<void> {\n    if (b) {\n      using held = open();\n    }\n    return c;\n  }\n}\n';
    expect(earlyEnds('a.ts', arrow)).toHaveLength(1);
    expect(earlyEnds('a.ts', method)).toEqual([expect.stringContaining('a.ts:2 holds')]);
  });

  test.each([
    [
      'awaits as an async function',
      'async function ask(): Promise<number> {\n  using held = open();\n  return await held.ask();\n}\n',
    ],
    ['answers a plain value', 'function ask(): number {\n  using held = open();\n  return held.count;\n}\n'],
    [
      'holds it in an inner async function',
      'const ask = (): Promise<void> => inTurn(async () => {\n  using held = open();\n  await held.ask();\n});\n',
    ],
  ])('passes when it %s', (_, text) => {
    expect(earlyEnds('a.ts', text)).toEqual([]);
  });
});
