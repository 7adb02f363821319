import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SealedRecipe } from '#recipes/seal.ts';
import { type Cast, cast, machine, secretConfig } from '#tests/secrecy/support/cast.ts';
import { PaperToken } from '#tests/secrecy/support/paper-token.ts';
import { seededEntropy } from '#tests/secrecy/support/seeded-entropy.ts';
import { FaultyToken } from '#tests/support/cell/faulty-token.ts';
import { type CellSurroundings, TestCell } from '#tests/support/cell/test-cell.ts';
import { WorldClock } from '#tests/support/cell/world-clock.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { serviceSocketOperations } from './operations.ts';

const path = 'stock/levels';
/** µl of cola in the drink, and what its manifest says at most. */
const cola = 30_000;
const published = 1_000_000 - 50_000;
/** Eight pieces, each off by 0.5 ml. */
const error = 8 * 500;
const usual = secretConfig();
const config = { ...usual, simulation: { ...usual.simulation, speed: 1000 } };

type World = Omit<CellSurroundings, 'disk'> & { readonly disk: MemoryDisk };

let people: Cast;
let drink: SealedRecipe;
let world: World;
beforeAll(async () => {
  people = await cast();
  drink = await people.seal([{ pour: { cola: 30, milk: 40, vodka: 30 }, timing: 'together' }]);
});
beforeEach(() => {
  world = fresh();
});

/** A provisioned machine that was never started, with a token of its own. */
function fresh(): World {
  const token = new FaultyToken(new PaperToken(people.shelf, seededEntropy('token'), people.token));
  const { market, anchors, disk } = people;
  return { machine, clock: new WorldClock(), token, market, anchors, drink, disk: disk.copy() };
}

const boot = (): Promise<TestCell> => TestCell.boot(world, config);

const set = (cell: TestCell, line: number, stock_ul: number) =>
  serviceSocketOperations(cell.parts).get('stock_set')?.run({ line, stock_ul, who: 'Tess' });

async function bounds(cell: TestCell, line: number): Promise<[number, number]> {
  return cell.parts.stock.within((levels) => [levels.atLeast(line), levels.atMost(line)]);
}

/** A cell that can buy its drink. */
async function running(): Promise<TestCell> {
  const cell = await boot();
  if (cell.parts.spool.list().length === 0) await cell.upload(drink.file);
  await cell.sendPrekeys();
  return cell;
}

describe('the exact stock', () => {
  it('is what was set, less what flowed, to within the usual error', async () => {
    await using cell = await running();
    await set(cell, 1, 500_000);
    expect(await bounds(cell, 1)).toEqual([500_000, 500_000]);
    await cell.pour();
    const [least, most] = await bounds(cell, 1);
    expect([least, most]).toEqual([500_000 - cola - error, 500_000 - cola + error]);
    const shown = (await cell.ask('status', {})).lines[0]?.stock_ul ?? 0;
    expect(shown).toBeLessThan(least);
  });

  it('is found again by the next start, as it was', async () => {
    let before: [number, number];
    {
      await using cell = await running();
      await cell.pour();
      before = await bounds(cell, 2);
    }
    await using again = await boot();
    expect(await bounds(again, 2)).toEqual(before);
    expect(before[1]).toBeLessThan(1_000_000);
  });

  it('lies under the state key only, as long after any drink as before, with a fresh IV each time', async () => {
    await using cell = await running();
    const files = [world.disk.bytes(path)];
    await cell.pour();
    files.push(world.disk.bytes(path));
    await set(cell, 2, 7);
    files.push(world.disk.bytes(path));
    await set(cell, 2, 7);
    files.push(world.disk.bytes(path));
    expect(new Set(files.map(({ length }) => length))).toEqual(new Set([8 + 12 + 520 + 16]));
    const ivs = files.map((file) => Buffer.from(file.subarray(8, 20)).toString('hex'));
    expect(new Set(ivs).size).toBe(4);
  });

  it('is written at the start, when a stock is set, and once with each drink', async () => {
    const writes = (): number => world.disk.steps.filter((step) => step === `replace ${path}`).length;
    await using cell = await running();
    expect(writes()).toBe(1);
    await set(cell, 1, 500_000);
    expect(writes()).toBe(2);
    await cell.pour();
    expect(writes()).toBe(3);
    const order = await cell.held();
    await cell.ask('stop', { order });
    expect(writes()).toBe(4);
  });

  it('of a bottle that is changed in the middle of a drink is no more than what was set', async () => {
    await using cell = await running();
    const order = await cell.held();
    await set(cell, 1, 300_000);
    await cell.ask('stop', { order });
    const [least, most] = await bounds(cell, 1);
    expect(most).toBe(300_000);
    expect(least).toBeLessThan(300_000);
  });
});

describe('a file that is not the last', () => {
  /** The bounds after a start with this file in place of the last. */
  async function after(change: (last: Uint8Array, older: Uint8Array) => Uint8Array | null): Promise<[number, number]> {
    const older = world.disk.bytes(path);
    {
      await using cell = await running();
      await cell.pour();
    }
    const file = change(world.disk.bytes(path), older);
    if (file === null) await world.disk.remove(path);
    else world.disk.put(path, file);
    await using cell = await boot();
    return await bounds(cell, 1);
  }

  it.each([
    ['is older than the last drink', (_last: Uint8Array, older: Uint8Array) => older],
    ['is missing', () => null],
    ['is damaged', (last: Uint8Array) => last.map((byte, i) => (i === 100 ? byte ^ 1 : byte))],
    ['has other counters', (last: Uint8Array) => last.map((byte, i) => (i === 0 ? byte ^ 1 : byte))],
    ['is cut', (last: Uint8Array) => last.slice(0, 40)],
  ] as const)('because it %s gives bounds that are wider, and hold', async (_, change) => {
    const [least, most] = await after(change);
    expect(least).toBe(published);
    expect(most).toBe(1_000_000);
    const left = 1_000_000 - cola;
    expect(least <= left && left <= most).toBe(true);
  });
});

describe('a power cut', () => {
  it('at any write of a drink leaves bounds that hold', async () => {
    let cuts = 0;
    for (let writes = 0; ; writes += 1) {
      world = fresh();
      const cell = await running();
      const order = await cell.checked();
      let left = writes;
      world.disk.refuse = (step) => {
        if (step !== 'sync' && step !== 'replace') return false;
        left -= 1;
        return left < 0;
      };
      const isCut = await cell
        .ask('start', { order })
        .then(() => cell.done(order))
        .then(
          () => false,
          () => true,
        );
      await cell[Symbol.asyncDispose]().catch(() => {});
      world = { ...world, disk: world.disk.afterPowerCut() };
      await using next = await boot();
      const [least, most] = await bounds(next, 1);
      const poured = cell.dispenser.weigh()[0] ?? 0;
      expect(least, `${writes} writes`).toBeLessThanOrEqual(1_000_000 - poured + error);
      expect(most, `${writes} writes`).toBeGreaterThanOrEqual(1_000_000 - poured - error);
      expect(least).toBeGreaterThanOrEqual(published - error);
      if (!isCut) break;
      cuts += 1;
    }
    expect(cuts).toBeGreaterThan(5);
  });
});

describe('a stock that is set while a licence burns', () => {
  it('stays set, less the published bounds of the drink', async () => {
    await using cell = await running();
    const order = await cell.checked();
    const burning = Promise.withResolvers<void>();
    world.token.before = async (step) => {
      if (step !== 'destroy') return;
      world.token.before = () => {};
      // is written behind BURN_INTENT and before BURNED
      await set(cell, 1, 200_000);
      burning.resolve();
    };
    await cell.ask('start', { order });
    await burning.promise;
    await cell.done(order);
    const shown = (await cell.ask('status', {})).lines[0]?.stock_ul;
    expect(shown).toBe(150_000);
  });
});
