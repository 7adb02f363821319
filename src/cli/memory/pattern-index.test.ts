import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PatternIndex } from './pattern-index.ts';

/** Few different bytes, so that patterns overlap, repeat and begin alike. */
const few = fc.uint8Array({ minLength: 2, maxLength: 9, max: 3 });

function found(patterns: readonly Uint8Array[], bytes: Uint8Array, end = bytes.length): string[] {
  const hits: string[] = [];
  new PatternIndex(patterns).search(bytes, end, (which, at) => hits.push(`${which}@${at}`));
  return hits.sort();
}

/** The same by trying every pattern at every place. */
function foundSlowly(patterns: readonly Uint8Array[], bytes: Uint8Array): string[] {
  return patterns
    .flatMap((pattern, which) =>
      [...bytes.keys()]
        .filter((at) => at + pattern.length <= bytes.length && pattern.every((byte, i) => byte === bytes[at + i]))
        .map((at) => `${which}@${at}`),
    )
    .sort();
}

describe('many byte strings at once', () => {
  it('are found wherever they are, overlapping, equal and within each other', () => {
    fc.assert(
      fc.property(
        fc.array(few, { minLength: 1, maxLength: 8 }),
        fc.uint8Array({ maxLength: 200, max: 3 }),
        (sought, bytes) => {
          expect(found(sought, bytes)).toEqual(foundSlowly(sought, bytes));
        },
      ),
    );
  });

  it('are found once each, however the bytes are cut into windows', () => {
    fc.assert(
      fc.property(
        fc.array(few, { minLength: 1, maxLength: 5 }),
        fc.uint8Array({ minLength: 20, maxLength: 200, max: 3 }),
        fc.integer({ min: 1, max: 30 }),
        (sought, bytes, step) => {
          const { longest } = new PatternIndex(sought);
          const hits: string[] = [];
          for (let at = 0; at < bytes.length; at += step) {
            const window = bytes.subarray(at, at + step + longest - 1);
            new PatternIndex(sought).search(window, step, (which, offset) => hits.push(`${which}@${at + offset}`));
          }
          expect(hits.sort()).toEqual(foundSlowly(sought, bytes));
        },
      ),
    );
  });

  it.each([0, 1])('of %i bytes are a mistake', (length) => {
    expect(() => new PatternIndex([new Uint8Array(length)])).toThrow(RangeError);
  });
});
