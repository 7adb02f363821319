import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReceiptDocument } from '#desk/screen/receipt-document.ts';
import { poursBySeed, tolerance } from './support/pours-by-seed.ts';
import { World } from './world.ts';

/** Fifty seeds are in tests/slow. */
describe('pumps that are not quite as calibrated', () => {
  let world: World;
  let receipts: ReceiptDocument[];

  beforeAll(async () => {
    world = await World.start({ noise: true, speed: 100 });
    receipts = await poursBySeed(world, [1, 2, 3, 4, 5]);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('pour five different drinks under five seeds, each as much as ordered within 2 ml or 1 %', () => {
    expect(new Set(receipts.map(({ drink }) => drink)).size).toBe(5);
    for (const receipt of receipts) {
      const { drink, ordered_ul: ordered, delivered_ul: delivered } = receipt;
      expect(Math.abs(delivered - ordered), drink).toBeLessThanOrEqual(tolerance(receipt));
    }
  });
});
