import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { feasible } from '#recipes/feasibility.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { machineFacts } from '#wire/cell-api.ts';
import { milliseconds } from '#shared/units.ts';
import { pause } from '#shared/clock.ts';

const hourMs = 3_600_000;
const plan = { every_hours: 24, product: 'Acid A', contact_seconds: 60, rinse_ul: 90_000 };
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
  cell = await boot();
});
afterEach(() => cell[Symbol.asyncDispose]());

/** Line 1 (cola) has a cleaning plan; the others have none. A fifth line holds orange juice, too. */
function boot(): Promise<TestCell> {
  const pumps = world.config.pumps.map((pump) => ({
    ...pump,
    dead_volume_ul: 20_000,
    ...(pump.line === 1 ? { cleaning: plan } : {}),
  }));
  return world.ready({ pumps });
}
const lineOne = async () => (await cell.ask('status', {})).lines[0];
const clean = (changes: object = {}) =>
  cell.askAtConsole('service_run', { program: 'clean', lines: [1], lot: 'L-7', who: 'ada', ...changes });
const verdict = async (id: string) => {
  const manifest = { ...world.drink.manifest, ingredients: [{ id, max_ul: 50_000 }] } as never;
  return feasible(manifest, machineFacts(await cell.ask('status', {})));
};

it('counts a line that was never cleaned as overdue, and sells from the others', async () => {
  expect(await lineOne()).toMatchObject({ blocked_by: 'cleaning', cleaned: null, cleaning_due: 24 * hourMs });
  expect(await verdict('cola')).toEqual({
    ok: false,
    reasons: [{ code: 'machine/line-blocked', facts: { ingredient: 'cola', by: 'cleaning' } }],
  });
  expect(await verdict('milk')).toEqual({ ok: true });
});

it('sells from it again when it was cleaned, by what the job executed, and says so in the book', async () => {
  const { result, cleaned, lines } = await clean();
  expect({ result, cleaned }).toEqual({ result: 'done', cleaned: [1] });
  expect(Math.abs((lines[0]?.ul ?? 0) - 110_000)).toBeLessThan(10);
  expect(await lineOne()).toMatchObject({ blocked_by: null });
  expect(await verdict('cola')).toEqual({ ok: true });
  const { cleanings } = await cell.askAtConsole('cleaning_book', { after: 0 });
  expect(cleanings).toMatchObject([
    { line: 1, ingredient: 'cola', product: 'Acid A', lot: 'L-7', by_hand: false, who: 'ada' },
  ]);
  expect(cleanings[0]?.contact_seconds).toBeGreaterThanOrEqual(60);
  expect(Math.abs((cleanings[0]?.rinse_ul ?? 0) - 90_000)).toBeLessThan(10);
});

it('falls due again after the interval, which whoever shows drinks is told', async () => {
  await cell.askAtConsole('cleaned_by_hand', {
    line: 1,
    product: 'Acid A',
    lot: '',
    contact_seconds: 60,
    rinse_ul: 90_000,
    who: 'ada',
  });
  expect((await lineOne())?.blocked_by).toBe(null);
  cell.events.length = 0;
  world.clock.leap(24 * hourMs + 1000);
  cell.parts.lineWatch.look();
  expect(cell.events).toEqual([{ event: 'changed', body: {} }]);
  expect((await lineOne())?.blocked_by).toBe('cleaning');
  world.clock.leap(-24 * hourMs - 1000);
});

it('is told by itself when the moment comes', async () => {
  const at = world.clock.now();
  await cell.parts.books.append({
    kind: 'CLEANED',
    line: 1,
    product: 'Acid A',
    lot: '',
    contact_seconds: 60,
    rinse_ul: 0,
    job: null,
    who: 'ada',
    at: at - 24 * hourMs + 1100,
  });
  cell.parts.lineWatch.look();
  cell.events.length = 0;
  await cell.when(() => cell.events.length > 0);
  expect((await lineOne())?.blocked_by).toBe('cleaning');
});

it('stops a line too early, never too late, while the time is not trusted', async () => {
  await clean();
  await cell.tellTime();
  // the clock was set back: what is signed holds
  world.clock.leap(-48 * hourMs);
  expect((await lineOne())?.blocked_by).toBe(null);
  world.clock.leap(48 * hourMs);
  await cell[Symbol.asyncDispose]();
  // the machine was away for two days and nobody has told it the time yet
  world.clock.leap(48 * hourMs);
  cell = await boot();
  expect(await cell.ask('status', {})).toMatchObject({ time: { trusted: false, why: 'ahead' } });
  expect((await lineOne())?.blocked_by).toBe('cleaning');
  world.clock.leap(-48 * hourMs);
});

it('does not believe a cleaning that a wrong clock wrote into the future', async () => {
  world.clock.leap(300 * 24 * hourMs);
  await clean();
  expect((await lineOne())?.blocked_by).toBe(null);
  await cell[Symbol.asyncDispose]();
  world.clock.leap(-300 * 24 * hourMs);
  cell = await boot();
  await pause(world.clock, milliseconds(1));
  expect(await lineOne()).toMatchObject({ blocked_by: 'cleaning', cleaned: null });
});

it('takes a line out of sale whose calibration is older than machine.yaml allows, and that line only', async () => {
  await cell[Symbol.asyncDispose]();
  const pumps = world.config.pumps.map((pump) => (pump.line === 2 ? { ...pump, calibration_days: 30 } : pump));
  cell = await world.boot({ pumps });
  const { lines } = await cell.ask('status', {});
  expect(lines.map(({ blocked_by }) => blocked_by)).toEqual([null, 'calibration', null, null]);
});
