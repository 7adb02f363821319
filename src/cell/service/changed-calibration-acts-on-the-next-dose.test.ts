import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

const drives = [400, 700, 1000];

/** Doses of line 1, each weighed by somebody to whom twice as much seems to come out as the machine thinks. */
async function weighed(times = 2) {
  const doses: { job: number; ul: number }[] = [];
  for (const [drive, ul] of [[1000, 15_000], ...drives.map((each) => [each, 50_000])]) {
    for (let n = 0; n < 3; n += 1) {
      const { job, lines } = await cell.askAtConsole('service_run', {
        program: 'measure',
        lines: [1],
        ...(drive === undefined ? {} : { drive }),
        ...(ul === undefined ? {} : { ul }),
        who: 'ada',
      });
      doses.push({ job, ul: (lines[0]?.ul ?? 0) * times });
    }
  }
  return doses;
}
const poured = async (ul: number): Promise<number> => {
  const before = cell.dispenser.weigh()[0] ?? 0;
  await cell.askAtConsole('service_run', { program: 'prime', lines: [1], ul, who: 'ada' });
  return Math.round((cell.dispenser.weigh()[0] ?? 0) - before);
};
const flowOf1 = async () => (await cell.ask('status', {})).lines[0]?.max_flow_ul_per_s;

describe('a calibration that a technician takes', () => {
  it('acts on the next dose, on what is sold and on the limits at the far end, without a restart', async () => {
    expect(await poured(50_000)).toBe(50_000);
    const answer = await cell.askAtConsole('calibrate', {
      line: 1,
      doses: await weighed(),
      water: false,
      dry_run: false,
      who: 'ada',
    });
    expect(answer.old.points.at(-1)).toEqual({ drive: 1000, ul_per_s: 10_000 });
    expect(answer.new.points.at(-1)).toEqual({ drive: 1000, ul_per_s: 20_000 });
    expect(await flowOf1()).toBe(20_000);
    // the pump is the same: who believes that it is twice as fast lets it run half as long
    expect(await poured(50_000)).toBe(25_000);
    expect(await cell.pour()).toMatchObject({ result: 'ok' });
  });

  it('holds after a restart, though machine.yaml says otherwise', async () => {
    await cell.askAtConsole('calibrate', { line: 1, doses: await weighed(), water: false, dry_run: false, who: 'ada' });
    await cell[Symbol.asyncDispose]();
    cell = await world.boot();
    expect(await flowOf1()).toBe(20_000);
    expect(await poured(50_000)).toBe(25_000);
    await cell[Symbol.asyncDispose]();
    // another liquid in the line: what was measured with the old one says nothing of it
    cell = await world.boot({
      pumps: world.config.pumps.map((pump) => (pump.line === 1 ? { ...pump, ingredient: 'rum' } : pump)),
    });
    expect(await flowOf1()).toBe(10_000);
  });

  it('is only shown when it is tried dry, and can be taken back', async () => {
    const doses = await weighed();
    const request = { line: 1, doses, water: false, who: 'ada' };
    const dry = await cell.askAtConsole('calibrate', { ...request, dry_run: true });
    expect(dry.doses).toHaveLength(4);
    expect(await flowOf1()).toBe(10_000);
    await cell.askAtConsole('calibrate', { ...request, dry_run: false });
    await cell.askAtConsole('calibrate_undo', { line: 1, who: 'ada' });
    expect(await flowOf1()).toBe(10_000);
    expect(await poured(50_000)).toBe(50_000);
    // nobody knows when what machine.yaml says was measured
    expect((await cell.ask('status', {})).lines[0]?.calibrated).toBe(null);
    await cell.askAtConsole('calibrate_undo', { line: 1, who: 'ada' });
    expect(await flowOf1()).toBe(20_000);
    await expect(cell.askAtConsole('calibrate_undo', { line: 2, who: 'ada' })).rejects.toMatchObject({
      code: 'calibration/none-before',
    });
  });

  it('waits for a drink that was paid for', async () => {
    const doses = await weighed();
    const order = await cell.checked();
    await expect(
      cell.askAtConsole('calibrate', { line: 1, doses, water: false, dry_run: false, who: 'ada' }),
    ).rejects.toMatchObject({ code: 'machine/busy', facts: { reason: 'a drink waits for its start' } });
    await cell.ask('release', { order });
    await cell.askAtConsole('calibrate', { line: 1, doses, water: false, dry_run: false, who: 'ada' });
    expect(await flowOf1()).toBe(20_000);
  });
});
