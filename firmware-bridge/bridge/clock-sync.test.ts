import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockSync } from './clock-sync.ts';
import { Ticks } from './ticks.ts';

const ticks = new Ticks(64_000);
/** What the far end's counter shows at a host time, when it runs `ppm` too fast and began at `start` ticks. */
const farAt = (hostMs: number, ppm: number, start: number): number =>
  (start + Math.floor((hostMs * (1 + ppm / 1e6) * 1_000_000) / ticks.ns)) % 2 ** 32;

describe('the far clock', () => {
  it('is known within what is claimed, whatever its drift and however uneven the way there and back', () => {
    const trip = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }));
    fc.assert(
      fc.property(
        fc.integer({ min: -500, max: 500 }),
        fc.array(trip, { minLength: 61, maxLength: 61 }),
        fc.nat(2 ** 32 - 1),
        (ppm, trips, start) => {
          const sync = new ClockSync(ticks);
          for (const [i, [there, back]] of trips.entries()) {
            const at = i * 1000 + there;
            sync.take(i * 1000, at + back, farAt(at, ppm, start));
          }
          const drift = sync.far?.drift;
          expect(Math.abs((drift?.ppm ?? 1e9) - ppm)).toBeLessThanOrEqual((drift?.withinPpm ?? 0) + 2);
          expect(sync.far?.withinUs).toBeLessThanOrEqual(21_000);
        },
      ),
    );
  });

  it('is followed over the end of its 32-bit counter', () => {
    const sync = new ClockSync(ticks);
    const start = 2 ** 32 - 100_000;
    for (let i = 0; i <= 20; i += 1) sync.take(i * 1000, i * 1000, farAt(i * 1000, 0, start));
    expect(Math.abs(sync.far?.drift?.ppm ?? 1e9)).toBeLessThan(10);
  });

  it('has no drift before seconds have passed, and nothing before the first answer', () => {
    const sync = new ClockSync(ticks);
    expect(sync.far).toBe(null);
    sync.take(0, 2, 0);
    expect(sync.far).toMatchObject({ drift: null, roundTripMs: 2, withinUs: 2_000 });
  });
});
