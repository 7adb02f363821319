import { expect, inject, it } from 'vitest';
import { serialSoak } from './support/serial-soak.ts';

const disconnects = 40;

it(`pulls the cable ${disconnects} times at random, handles and memory flat, and pours after each ten (thousands: npm run long)`, {
  timeout: 120_000,
}, async () => {
  const seed = 19;
  const { early, late, poured, whilePouring } = await serialSoak(inject('runFolder'), disconnects, seed);
  expect(whilePouring).toBeGreaterThan(5);
  expect(poured).toBe(disconnects / 10);
  // the cable's own process has a pipe at the moment
  expect(Math.abs(late.handles - early.handles)).toBeLessThanOrEqual(2);
  expect(late.heapBytes - early.heapBytes).toBeLessThan(5e6);
});
