import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Inequality, linearRanges, type Ratio } from './linear-range.ts';

const atMost = (weights: number[], limit: number): Inequality => ({
  weights: weights.map(BigInt),
  limit: BigInt(limit),
});
const atLeast = (weights: number[], limit: number): Inequality =>
  atMost(
    weights.map((weight) => -weight),
    -limit,
  );
const number = ({ over, under }: Ratio): number => Number(over) / Number(under);
const plain = (ranges: ReturnType<typeof linearRanges>) =>
  ranges?.map(({ least, most }) => [number(least), number(most)]) ?? null;

describe('the ranges of linear inequalities', () => {
  it('are solved together, not one relation at a time', () => {
    // x + y = 10 and 2x + y ≤ 14, y ≤ 8: one by one x ≤ 7; together x ≤ 4
    const rows = [atMost([1, 1], 10), atLeast([1, 1], 10), atMost([2, 1], 14), atMost([0, 1], 8)];
    expect(plain(linearRanges(rows, 2))).toEqual([
      [2, 4],
      [6, 8],
    ]);
  });

  it('are exact where they are fractions', () => {
    expect(linearRanges([atMost([3], 1)], 1)).toEqual([
      { least: { over: 0n, under: 1n }, most: { over: 1n, under: 3n } },
    ]);
  });

  it('are none when the inequalities contradict each other', () => {
    expect(linearRanges([atMost([1], 1), atLeast([1], 2)], 1)).toBeNull();
    expect(linearRanges([atMost([1, 1], 5), atLeast([1, 0], 3), atLeast([0, 1], 3)], 2)).toBeNull();
  });

  it('are a point where there is only one', () => {
    expect(plain(linearRanges([atMost([1, 0], 0), atMost([0, 1], 7), atLeast([0, 1], 7)], 2))).toEqual([
      [0, 0],
      [7, 7],
    ]);
  });

  it('need a bound for every variable', () => {
    expect(() => linearRanges([atLeast([1], 1)], 1)).toThrow('without bound');
  });

  it('hold every whole point that satisfies all, and touch the outermost of a box', () => {
    const coefficient = fc.integer({ min: -9, max: 9 });
    const row = fc.tuple(fc.array(coefficient, { minLength: 3, maxLength: 3 }), fc.integer({ min: -60, max: 60 }));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        const box = [0, 1, 2].map((i) =>
          atMost(
            [0, 1, 2].map((j) => (i === j ? 1 : 0)),
            6,
          ),
        );
        const all = [...box, ...rows.map(([weights, limit]) => atMost(weights, limit))];
        const ranges = plain(linearRanges(all, 3));
        for (let point = 0; point < 343; point += 1) {
          const x = [point % 7, Math.floor(point / 7) % 7, Math.floor(point / 49)];
          const isInside = rows.every(([w, limit]) => w.reduce((sum, each, i) => sum + each * (x[i] ?? 0), 0) <= limit);
          if (!isInside) continue;
          expect(ranges).not.toBeNull();
          ranges?.forEach(([least = 0, most = 0], i) => {
            expect(x[i]).toBeGreaterThanOrEqual(least);
            expect(x[i]).toBeLessThanOrEqual(most);
          });
        }
        if (rows.length === 0) expect(ranges).toEqual([0, 1, 2].map(() => [0, 6]));
      }),
    );
  });
});
