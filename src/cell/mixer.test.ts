import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';

let world: CellWorld;
let cell: TestCell;

beforeAll(async () => {
  world = await cellWorld('soft');
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  cell = await world.ready();
});
afterEach(() => cell[Symbol.asyncDispose]());

describe('a drink', () => {
  it('is bought, licensed, checked, burned and poured', async () => {
    const result = await cell.pour();
    expect(result).toMatchObject({ result: 'ok', reason: '', ordered_ul: 191_500, void_claim: false });
    expect(Math.abs(result.delivered_ul - 191_500)).toBeLessThan(3000);
  });
});
