import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { licencePath } from './licence-files.ts';

let world: CellWorld;
let cell: TestCell;
let blank: MemoryDisk;

beforeAll(async () => {
  world = await cellWorld('stub');
  blank = world.disk;
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.disk = blank.copy();
  cell = await world.ready();
});
afterEach(() => cell[Symbol.asyncDispose]());

const restart = async (): Promise<void> => {
  await cell[Symbol.asyncDispose]();
  cell = await world.boot();
};
const damaged = async () => (await cell.ask('status', {})).damaged_licences;
/** The licence as licensing keeps it, which is what the cell has stored. */
const stored = (): Uint8Array => world.disk.bytes(licencePath(1)).slice();
const handIn = (message: Uint8Array): Promise<string> => refusal(cell.ask('licence', { message }));

describe('the file of a licence', () => {
  it('that is damaged is noticed at the start, named in the status, and mended by the same licence again', async () => {
    const order = await cell.buy();
    await cell.buy();
    const message = stored();
    world.disk.put(licencePath(1), message.subarray(1));
    await restart();
    expect(await damaged()).toEqual([1]);
    expect(await handIn(message)).toBe('accepted');
    expect(stored()).toEqual(message);
    expect(await damaged()).toEqual([]);
    expect(await refusal(cell.ask('reserve', { order }))).toBe('accepted');
  });

  it('that is gone is noticed when it is needed', async () => {
    const order = await cell.buy();
    await cell.ask('reserve', { order });
    const message = stored();
    await world.disk.remove(licencePath(1));
    expect(await refusal(cell.ask('check', { order }))).toBe('licence/damaged');
    expect(await damaged()).toEqual([1]);
    expect(await handIn(message)).toBe('accepted');
    // the file is good again: the stub token opens nothing, but that is asked for now
    expect(await refusal(cell.ask('check', { order }))).not.toBe('licence/damaged');
  });

  it('is not mended by another licence under its number', async () => {
    await cell.buy();
    const good = stored();
    world.disk.put(licencePath(1), new Uint8Array(1));
    await restart();
    const because = { order: new Uint8Array(32) };
    const claims = await world.market.claims(world.machine, world.drink, because, cell.freeKids(1));
    expect(await handIn(await world.market.licence(claims))).toBe('licence/forked');
    expect(await damaged()).toEqual([1]);
    expect(await handIn(good)).toBe('accepted');
    expect(await damaged()).toEqual([]);
  });

  it('of which no use is left is not asked for', async () => {
    const order = await cell.buy();
    await cell.ask('reserve', { order });
    const { kid } = cell.useOf(order);
    await cell.parts.books.append({ kind: 'BURNED', kid, stock: [] });
    await cell.parts.books.append({ kind: 'VOIDED', kid, reason: 'a test', pieces: 0, at: 1 });
    await world.disk.remove(licencePath(1));
    await restart();
    expect(await damaged()).toEqual([]);
  });
});
