import fc from 'fast-check';
import { expect, it } from 'vitest';
import { greatestFlow } from '#shared/units.ts';
import { endless, quotient, timeFor, volumeIn } from './whole.ts';

const flows = fc.integer({ min: 1, max: greatestFlow });

it('divides whole numbers rounding down', () => {
  expect([quotient(7, 2), quotient(8, 2), quotient(0, 5), quotient(4, 5)]).toEqual([3, 4, 0, 0]);
});

it('finds the time for a volume to within one microsecond, never too short', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_000_000 }), flows, (amount, flow) => {
      fc.pre(amount / flow < 2_000);
      const us = timeFor(amount, flow);
      const exact = (BigInt(amount) * 1_000_000n) / BigInt(flow);
      expect(us - Number(exact)).toBeGreaterThanOrEqual(0);
      expect(us - Number(exact)).toBeLessThanOrEqual(1);
    }),
  );
});

it('finds the volume of a time to within one microlitre', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), flows, (us, flow) => {
      expect(Math.abs(volumeIn(us, flow) - (us * flow) / 1e6)).toBeLessThanOrEqual(1);
    }),
  );
});

it('gives the volume back for which it found the time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500_000 }), fc.integer({ min: 300, max: greatestFlow }), (amount, flow) => {
      // one microsecond of flow is at most 1 µl here
      expect(Math.abs(volumeIn(timeFor(amount, flow), flow) - amount)).toBeLessThanOrEqual(1);
    }),
  );
});

it('keeps every value in between whole and below 2^31', () => {
  const worst = [greatestFlow * 999 + 1_000_000, (greatestFlow - 1) * 1000, greatestFlow * 2000];
  for (const value of worst) expect(value).toBeLessThan(2 ** 31);
});

it('answers endless for what no job could pour', () => {
  expect(timeFor(4_000_000_000, 1_000)).toBe(endless);
  expect([timeFor(1_999_999, 1_000), timeFor(2_000_000, 1_000)]).toEqual([1_999_999_000, endless]);
  expect(timeFor(100, 0)).toBe(endless);
});
