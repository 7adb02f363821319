import { describe, expect, it } from 'vitest';
import { valueAt } from './column.ts';
import { DoseBuffer } from './dose-buffer.ts';
import { longestJob, StepBuffer } from './step-buffer.ts';

describe('a step buffer', () => {
  it('takes no empty step, none beyond the longest job, and no more than its room', () => {
    const steps = new StepBuffer();
    steps.push(0, 0, 1000, 5, 5);
    expect(steps.count).toBe(0);
    expect(() => steps.push(0, 0, 1000, 0, longestJob + 1)).toThrow('invariant');
    for (let i = 0; i < 64; i += 1) steps.push(1, 2, 1000, i, i + 1);
    expect(() => steps.push(0, 0, 1000, 0, 1)).toThrow('invariant');
  });

  it('starts everything later, its rest included in its length', () => {
    const steps = new StepBuffer();
    steps.push(3, 1, 700, 10, 30);
    steps.shift(1_000);
    expect([steps.startUs[0], steps.stopUs[0], steps.lengthUs()]).toEqual([1_010, 1_030, 1_030]);
    steps.restUs = 2_000;
    expect(steps.lengthUs()).toBe(2_000);
  });

  it('hands everything to a copy that does not change with it, and leaves no byte behind', () => {
    const steps = new StepBuffer();
    const copy = new StepBuffer();
    steps.push(3, 1, 700, 10, 30);
    steps.work[0] = 9;
    steps.restUs = 7;
    copy.copyFrom(steps);
    expect(steps.isWiped()).toBe(false);
    steps[Symbol.dispose]();
    expect(steps.isWiped()).toBe(true);
    expect([copy.count, copy.pump[0], copy.slot[0], copy.drive[0], copy.stopUs[0], copy.restUs]).toEqual([
      1, 3, 1, 700, 30, 7,
    ]);
  });
});

it('a row that is not there is a bug, not a zero', () => {
  expect(() => valueAt(new DoseBuffer().onUs, 64)).toThrow(RangeError);
});

it('a dose buffer leaves no byte behind', () => {
  const doses = new DoseBuffer();
  doses.count = 1;
  doses.onUs[0] = 5;
  doses.elapsedUs = 6;
  expect(doses.isWiped()).toBe(false);
  doses[Symbol.dispose]();
  expect(doses.isWiped()).toBe(true);
});
