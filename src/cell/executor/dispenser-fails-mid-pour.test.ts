import { expect, it } from 'vitest';
import { bench, bounds, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('together', [
  [0, 60_000],
  [1, 30_000],
]);

it('makes the drink failed when the steps arrive late: nothing flowed', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'late' });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'dispenser/late' });
  expect(await clock.until(run.finish())).toMatchObject({ result: 'failed', delivered_ul: 0 });
  expect(inGlass()).toBe(0);
});

it('makes a drink partial, never finished, when steps are refused after a good piece', async () => {
  const { clock, run, sim } = await bench();
  await clock.until(run.piece(drink));
  sim.inject({ t: 'late' });
  await clock.until(run.piece(drink));
  const result = await clock.until(run.finish());
  expect(result).toMatchObject({ result: 'partial', ordered_ul: 180_000, reason: 'dispenser/late' });
  expect(Math.abs(result.delivered_ul - 90_000)).toBeLessThanOrEqual(5);
});

it('lets go by itself within a lease when the cable is pulled', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'link-lost', after_ms: 2_000 });
  const piece = run.piece(drink);
  await clock.advance(2_250);
  const poured = inGlass();
  expect(poured).toBeGreaterThan(38_000);
  expect(await clock.until(piece)).toEqual({ t: 'ended', why: 'dispenser/failed' });
  await clock.advance(20_000);
  expect(inGlass()).toBe(poured);
  // what flowed is not known, so the drink does not count as untouched
  expect(await clock.until(run.finish())).toMatchObject({ result: 'partial', delivered_ul: 0, ordered_ul: 90_000 });
});

it('repeats no dose when the cable is plugged in again', async () => {
  const { clock, executor, grant, run, sim, inGlass } = await bench();
  sim.inject({ t: 'link-lost', after_ms: 2_000 });
  await clock.until(run.piece(drink));
  await clock.advance(1_000);
  const poured = inGlass();
  await clock.until(run[Symbol.asyncDispose]());
  sim.repair();
  const leftover = await executor.leftover();
  expect(Math.abs((leftover?.delivered_ul ?? 0) - poured)).toBeLessThanOrEqual(5);
  await executor.forgetLeftover();
  expect(await executor.leftover()).toBe(null);
  await clock.advance(20_000);
  expect(inGlass()).toBe(poured);
  await using next = executor.open(grant, bounds);
  expect(await clock.until(next.piece(drink))).toEqual({ t: 'done' });
  expect(Math.abs(inGlass() - poured - 90_000)).toBeLessThanOrEqual(10);
});

it('makes a drink partial even when it happens while the last drops fall', async () => {
  const { clock, run, sim } = await bench();
  await clock.until(run.piece(drink));
  sim.inject({ t: 'link-lost', after_ms: 500 });
  const result = await clock.until(run.finish());
  expect(result).toMatchObject({ result: 'partial', ordered_ul: 90_000, reason: 'dispenser/failed' });
  expect(Math.abs(result.delivered_ul - 90_000)).toBeLessThanOrEqual(5);
});

it('ends in the same way when a stop finds the cable pulled', async () => {
  const { clock, run, sim } = await bench();
  sim.inject({ t: 'link-lost', after_ms: 1_000 });
  const piece = run.piece(drink);
  await clock.advance(999);
  const stopped = run.stop('machine/pour-interrupted');
  sim.inject({ t: 'link-lost', after_ms: 0 });
  await clock.until(stopped);
  expect(await piece).toMatchObject({ t: 'ended' });
  await clock.advance(1_000);
  expect(await clock.until(run.finish())).toMatchObject({ result: 'partial' });
});
