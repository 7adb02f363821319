import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { beverage } from '#recipes/machine-class.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';

let world: CellWorld;
let cell: TestCell;
let blank: MemoryDisk;

beforeAll(async () => {
  world = await cellWorld('soft');
  blank = world.disk;
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.disk = blank.copy();
  cell = await world.ready();
});
afterEach(() => cell[Symbol.asyncDispose]());

const line = async (number: number) => {
  const found = (await cell.ask('status', {})).lines.find((one) => one.line === number);
  return found ?? expect.fail(`no line ${number}`);
};
const run = (program: 'test' | 'prime' | 'rinse', ul: number, lines = [1]) =>
  cell.askAtConsole('service_run', { program, lines, ul, who: 'ada' });

describe('hoses', () => {
  it('wear in drinks by what the recipe publishes, never by what was poured', async () => {
    await cell.pour();
    const { ingredients } = world.drink.manifest;
    for (const { id, max_ul } of ingredients) {
      const { hose } =
        (await cell.ask('status', {})).lines.find(({ ingredient }) => ingredient === id) ?? expect.fail(id);
      expect(hose).toMatchObject({ ul: max_ul, ms: Math.ceil((max_ul / beverage.nominalFlow) * 1000), replaced: null });
    }
  });

  it('wear in service jobs by what was executed, and are new when somebody says so', async () => {
    const { lines } = await run('rinse', 30_000);
    const { ul, ms } = (await line(1)).hose;
    expect({ line: 1, ul, ms }).toEqual(lines[0]);
    await cell.askAtConsole('hose_replaced', { line: 1, who: 'ada' });
    expect((await line(1)).hose).toMatchObject({ ul: 0, ms: 0 });
    expect((await line(1)).hose.replaced).toBeGreaterThan(0);
    await expect(cell.askAtConsole('hose_replaced', { line: 9, who: 'ada' })).rejects.toThrow('dispenser/unknown-pump');
  });

  it('tell when they will be worn, at the pace since they were put in', async () => {
    await cell[Symbol.asyncDispose]();
    const pumps = world.config.pumps.map((pump) => ({ ...pump, hose: { hours: null, ml: 100 } }));
    cell = await world.boot({ pumps });
    await cell.askAtConsole('hose_replaced', { line: 1, who: 'ada' });
    expect((await line(1)).hose.due).toBe(null);
    await run('rinse', 25_000);
    world.clock.leap(3_600_000);
    const { due, replaced } = (await line(1)).hose;
    world.clock.leap(-3_600_000);
    // a quarter in an hour: four hours from when it was new
    expect(Math.abs((due ?? 0) - (replaced ?? 0) - 4 * 3_600_000)).toBeLessThan(60_000);
  });
});

describe('waste and stock', () => {
  it('count what service jobs moved; of the bottle only what came out of it', async () => {
    await run('prime', 20_000);
    await run('test', 10_000);
    await run('rinse', 30_000);
    const { lines, drinks } = await cell.askAtConsole('waste', {});
    expect(lines.map(({ program, ul }) => [program, Math.round(ul / 100)])).toEqual([
      ['test', 100],
      ['prime', 200],
      ['rinse', 300],
    ]);
    expect(drinks).toEqual({ count: 0, ul: 0 });
    expect(Math.abs((await line(1)).stock_ul - 970_000)).toBeLessThan(10);
    expect((await line(2)).stock_ul).toBe(1_000_000);
    await cell.askAtConsole('stock_set', { line: 1, stock_ul: 500_000, who: 'ada' });
    await run('prime', 20_000);
    expect(Math.abs((await line(1)).stock_ul - 480_000)).toBeLessThan(10);
    // what is known exactly is never more than there is
    const least = await cell.parts.stock.within((levels) => levels.atLeast(1));
    expect(least).toBeLessThanOrEqual(480_010);
  });

  it('count a drink that was cut short by its published total', async () => {
    const order = await cell.held();
    expect(await cell.done(order)).toMatchObject({ result: 'partial' });
    const { drinks } = await cell.askAtConsole('waste', {});
    expect(drinks).toEqual({ count: 1, ul: world.drink.manifest.bounds.total_ul });
  });

  it('are the same after a restart', async () => {
    await run('prime', 20_000, [1, 2]);
    const before = [await cell.askAtConsole('waste', {}), (await cell.ask('status', {})).lines];
    await cell[Symbol.asyncDispose]();
    cell = await world.boot();
    expect([await cell.askAtConsole('waste', {}), (await cell.ask('status', {})).lines]).toEqual(before);
  });
});

describe('the cleaning book', () => {
  it('is told in pages, the oldest first', async () => {
    for (let n = 0; n < 300; n += 1) {
      const entry = { line: 1 + (n % 4), product: `P${n}`, lot: '', contact_seconds: 0, rinse_ul: 0, job: null };
      await cell.parts.books.append({ kind: 'CLEANED', ...entry, who: 'ada', at: n });
    }
    const first = await cell.askAtConsole('cleaning_book', { after: 0 });
    expect([first.cleanings.length, first.more]).toEqual([256, true]);
    const rest = await cell.askAtConsole('cleaning_book', { after: first.cleanings.at(-1)?.entry ?? 0 });
    expect([rest.cleanings.length, rest.more]).toEqual([44, false]);
    expect([...first.cleanings, ...rest.cleanings].map(({ product }) => product)).toEqual(
      Array.from({ length: 300 }, (_, n) => `P${n}`),
    );
    expect(rest.cleanings[0]).toMatchObject({ by_hand: true });
  });
});
