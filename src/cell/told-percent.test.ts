import { describe, expect, it } from 'vitest';
import { ManualClock } from '#tests/support/manual-clock.ts';
import { tellPercent } from './told-percent.ts';

/** A drink of ten seconds: every percent that is told of it, and a hand that holds it. */
function drink() {
  const clock = new ManualClock();
  const told: number[] = [];
  let held = false;
  const telling = tellPercent({ clock, duration: 10_000, isHeld: () => held, tell: (percent) => told.push(percent) });
  return { clock, told, telling, hold: (is: boolean) => (held = is) };
}

describe('the percent that is told of a drink', () => {
  it('is that of the time gone, every half second, and never all of it', () => {
    const { clock, told, telling } = drink();
    for (let ms = 0; ms < 12_000; ms += 500) clock.advance(500);
    expect(told.slice(0, 3)).toEqual([5, 10, 15]);
    expect(told.slice(-3)).toEqual([99, 99, 99]);
    telling[Symbol.dispose]();
    clock.advance(500);
    expect(told).toHaveLength(24);
  });

  it('is not told while the drink is held, which would say that it goes on, and goes on from where it was', () => {
    const { clock, told, hold } = drink();
    clock.advance(500);
    hold(true);
    for (let ms = 0; ms < 5_000; ms += 500) clock.advance(500);
    expect(told).toEqual([5]);
    hold(false);
    clock.advance(500);
    expect(told).toEqual([5, 10]);
  });
});
