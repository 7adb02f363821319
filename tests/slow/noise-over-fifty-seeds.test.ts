import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { poursBySeed, tolerance } from '../integration/support/pours-by-seed.ts';
import { World } from '../integration/world.ts';

describe('a machine whose pumps are not quite as calibrated', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({ noise: true, speed: 100 });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('sells fifty drinks under fifty seeds, each as much as ordered within 2 ml or 1 %', async () => {
    const receipts = await poursBySeed(
      world,
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
    expect(receipts).toHaveLength(50);
    for (const receipt of receipts) {
      const { drink, ordered_ul: ordered, delivered_ul: delivered } = receipt;
      expect(Math.abs(delivered - ordered), drink).toBeLessThanOrEqual(tolerance(receipt));
    }
    const transactions = receipts.map(({ payment }) => payment.txid ?? '');
    expect(new Set(transactions).size).toBe(50);
    for (const txid of transactions) expect((await world.demo.chain.node.transaction(txid))?.block).not.toBeNull();
  });
});
