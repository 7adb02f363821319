import { expect, it } from 'vitest';
import { bench, bounds, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('together', [
  [0, 60_000],
  [1, 30_000],
]);

it.each([true, false])('ends the drink at once, as partial (far end stops by itself: %s)', async (itself) => {
  const { clock, run, sim, inGlass } = await bench({ stopsOnOpenContact: itself });
  sim.inject({ t: 'supply-lost', after_ms: 2_000, for_ms: null });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'dispenser/supply-lost' });
  expect(clock.monotonic()).toBeLessThanOrEqual(2_100);
  const result = await clock.until(run.finish());
  expect(result).toMatchObject({ result: 'partial', reason: 'dispenser/supply-lost' });
  expect(Math.abs(result.delivered_ul - inGlass())).toBeLessThanOrEqual(5);
});

it('nothing starts again when the emergency stop is released', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'supply-lost', after_ms: 2_000, for_ms: 1_000 });
  await clock.until(run.piece(drink));
  const poured = inGlass();
  await clock.advance(30_000);
  expect(sim.inputs().supply).toBe('made');
  expect([inGlass(), await sim.readBack()]).toEqual([poured, 0]);
});

it('ends a drink, too, that is held just then', async () => {
  const { clock, run, sim } = await bench();
  sim.inject({ t: 'glass-removed', after_ms: 2_000, for_ms: 10_000 });
  const piece = run.piece(drink);
  await clock.advance(4_000);
  sim.touch({ supply: 'open' });
  expect(await clock.until(piece)).toEqual({ t: 'ended', why: 'dispenser/supply-lost' });
});

it('the next drink is poured once it is back', async () => {
  const { clock, executor, grant, run, sim } = await bench();
  sim.inject({ t: 'supply-lost', after_ms: 2_000, for_ms: 5_000 });
  await clock.until(run.piece(drink));
  await run[Symbol.asyncDispose]();
  await using early = executor.open(grant, bounds);
  expect(await clock.until(early.piece(drink))).toEqual({ t: 'ended', why: 'dispenser/supply-lost' });
  expect(await clock.until(early.finish())).toMatchObject({ result: 'failed', delivered_ul: 0 });
  await early[Symbol.asyncDispose]();
  await clock.advance(6_000);
  await using next = executor.open(grant, bounds);
  expect(await clock.until(next.piece(drink))).toEqual({ t: 'done' });
});
