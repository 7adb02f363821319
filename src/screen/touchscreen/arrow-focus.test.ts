import { describe, expect, it } from 'vitest';
import { focusDistance, type Place } from './arrow-focus.ts';

const at = (column: number, row: number): Place => ({
  left: column * 100,
  right: column * 100 + 80,
  top: row * 100,
  bottom: row * 100 + 80,
});

describe('going by arrow keys', () => {
  it('prefers what lies straight ahead to what lies aside', () => {
    expect(focusDistance(at(0, 0), at(1, 0), 'right')).toBeLessThan(focusDistance(at(0, 0), at(1, 1), 'right'));
    expect(focusDistance(at(0, 0), at(2, 0), 'right')).toBeLessThan(focusDistance(at(0, 0), at(1, 2), 'right'));
  });

  it('never goes backwards', () => {
    expect(focusDistance(at(1, 1), at(0, 1), 'right')).toBe(Number.POSITIVE_INFINITY);
    expect(focusDistance(at(1, 1), at(1, 0), 'down')).toBe(Number.POSITIVE_INFINITY);
  });

  it('reaches a wide button below from any column', () => {
    const wide = { left: 0, right: 500, top: 300, bottom: 380 };
    expect(focusDistance(at(4, 1), wide, 'down')).toBeLessThan(Number.POSITIVE_INFINITY);
  });
});
