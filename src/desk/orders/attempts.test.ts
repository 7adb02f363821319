import { describe, expect, it } from 'vitest';
import { milliseconds } from '#shared/units.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import { Attempts } from './attempts.ts';

describe('attempts', () => {
  it('are allowed up to so many in a window that slides', async () => {
    const clock = new SteppedClock();
    const attempts = new Attempts(clock, 3, milliseconds(1000));
    for (let n = 0; n < 3; n += 1) {
      expect(attempts.wait()).toBe(0);
      attempts.note();
      await clock.advance(100);
    }
    expect(attempts.wait()).toBe(700);
    await clock.advance(699);
    expect(attempts.wait()).toBe(1);
    await clock.advance(1);
    expect(attempts.wait()).toBe(0);
    attempts.note();
    expect(attempts.wait()).toBe(100);
  });
});
