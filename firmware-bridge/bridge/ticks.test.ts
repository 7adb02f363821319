import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestJob } from '../step-buffer.ts';
import { Ticks } from './ticks.ts';

const tick = fc.integer({ min: 1_000, max: 1_000_000 });
const time = fc.integer({ min: 0, max: longestJob });
const exact = (us: number, ns: number): bigint => (BigInt(us) * 1000n) / BigInt(ns);

describe('ticks', () => {
  it('are what exact arithmetic makes of µs, and below 2^31', () => {
    fc.assert(
      fc.property(tick, time, (ns, us) => {
        const ticks = new Ticks(ns);
        expect(BigInt(ticks.whole(us))).toBe(exact(us, ns));
        expect(BigInt(ticks.nearest(us))).toBe((BigInt(us) * 1000n + BigInt(ns >> 1)) / BigInt(ns));
        expect(ticks.nearest(us)).toBeLessThan(2 ** 31);
      }),
    );
  });

  it('are told in whole µs, and never as more than the longest job', () => {
    fc.assert(
      fc.property(tick, fc.integer({ min: 0, max: 2 ** 31 - 1 }), (ns, n) => {
        const us = (BigInt(n) * BigInt(ns)) / 1000n;
        expect(BigInt(new Ticks(ns).us(n))).toBe(us < BigInt(longestJob) ? us : BigInt(longestJob));
      }),
    );
  });

  it('make steps that follow each other follow each other, and none longer than it was', () => {
    fc.assert(
      fc.property(tick, fc.array(time, { minLength: 3, maxLength: 3 }), (ns, times) => {
        const ticks = new Ticks(ns);
        const [a = 0, b = 0, c = 0] = times.toSorted((x, y) => x - y);
        const stop = ticks.nearest(a) + ticks.whole(b - a);
        expect(stop).toBeLessThanOrEqual(ticks.nearest(b));
        expect(ticks.us(stop - ticks.nearest(a))).toBeLessThanOrEqual(b - a);
        expect(ticks.whole(b - a) + ticks.whole(c - b)).toBeLessThanOrEqual(ticks.whole(c - a));
      }),
    );
  });

  it('of less than a µs or more than a ms are refused', () => {
    expect(() => new Ticks(999)).toThrow(RangeError);
    expect(() => new Ticks(1_000_001)).toThrow(RangeError);
  });
});
