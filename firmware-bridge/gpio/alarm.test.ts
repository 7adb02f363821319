import { describe, expect, it } from 'vitest';
import type { Clock } from '#shared/clock.ts';
import { milliseconds } from '#shared/units.ts';
import { steppedStopwatch } from '#tests/support/gpio/gpio-bench.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import { Alarm, mostSpin } from './alarm.ts';

/** A bench whose timers come `late` ms late. */
function bench(late = 0) {
  const clock = new SteppedClock();
  const stopwatch = steppedStopwatch(clock);
  const lateClock: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (delay, task) => clock.after(milliseconds(delay + late), task),
  };
  let rung = 0;
  const alarm = new Alarm(lateClock, stopwatch, () => {
    rung = stopwatch.us();
  });
  stopwatch.start();
  /** How long was spun until the time had come, and how far off that was, µs. */
  const wait = async (us: number): Promise<{ spun: number; off: number }> => {
    const due = stopwatch.us() + us;
    rung = stopwatch.us();
    while (!alarm.reached(due)) {
      for (const before = rung; rung === before; ) await clock.advance(1);
    }
    return { spun: stopwatch.us() - rung, off: stopwatch.us() - due };
  };
  return { wait, alarm, clock };
}

describe('the alarm', () => {
  it('comes at its time when timers do, and spins no longer than it says', async () => {
    const { wait } = bench();
    for (const us of [500, 1_999, 2_001, 10_000, 123_456]) {
      const { spun, off } = await wait(us);
      expect(off).toBeGreaterThanOrEqual(0);
      expect(off).toBeLessThanOrEqual(20);
      expect(spun).toBeLessThanOrEqual(mostSpin + 20);
    }
  });

  it('comes at its time though timers come a millisecond late', async () => {
    const { wait } = bench(1);
    for (let turn = 0; turn < 5; turn += 1) expect((await wait(20_300)).off).toBeLessThanOrEqual(20);
  });

  it('spins at most a millisecond and a little once it has seen that timers are punctual', async () => {
    const { wait } = bench();
    for (let turn = 0; turn < 60; turn += 1) await wait(20_900);
    expect((await wait(20_900)).spun).toBeLessThanOrEqual(1_100);
  });

  it('does not ring when it was cleared', async () => {
    const { alarm, clock } = bench();
    expect(alarm.reached(50_000)).toBe(false);
    alarm.clear();
    await clock.advance(100);
    expect(alarm.reached(50_000)).toBe(true);
  });

  it('ends its spin on a stopwatch that stands', () => {
    const alarm = new Alarm(new SteppedClock(), { start() {}, us: () => 0 }, () => {});
    expect(alarm.reached(1_500)).toBe(true);
  });
});
