import { expect, it } from 'vitest';
import { bench, bounds, dispense } from '#tests/support/pump-bench.ts';
import type { Bounds } from './bounds.ts';

const drink = dispense('together', [
  [0, 60_000],
  [1, 30_000],
]);

it('ends as a partial drink that names the missing ingredient', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'empty-bottle', pump: 1, left_ul: 10_000 });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'machine/ingredient-missing' });
  const result = await clock.until(run.finish());
  expect(result).toMatchObject({ result: 'partial', ordered_ul: 90_000, reason: 'machine/ingredient-missing' });
  expect(Math.abs(result.delivered_ul - inGlass())).toBeLessThanOrEqual(50);
  expect(sim.weigh()[1]).toBe(10_000);
});

it('does not matter for a drink that does not use the bottle', async () => {
  const { clock, executor, grant, run, sim } = await bench();
  await run[Symbol.asyncDispose]();
  sim.inject({ t: 'empty-bottle', pump: 1, left_ul: 1_000 });
  await using first = executor.open(grant, twoSlots([0, 1]));
  expect(await clock.until(first.piece(drink))).toMatchObject({ why: 'machine/ingredient-missing' });
  await first[Symbol.asyncDispose]();
  await using second = executor.open(grant, twoSlots([0, 2]));
  expect(await clock.until(second.piece(drink))).toEqual({ t: 'done' });
});

it('moves nothing when it was empty before', async () => {
  const { clock, executor, grant, run, sim, inGlass } = await bench();
  sim.inject({ t: 'empty-bottle', pump: 1, left_ul: 0 });
  await clock.until(run.piece(drink));
  await run[Symbol.asyncDispose]();
  const before = inGlass();
  await using next = executor.open(grant, bounds);
  expect(await clock.until(next.piece(drink))).toEqual({ t: 'ended', why: 'machine/ingredient-missing' });
  expect(await clock.until(next.finish())).toMatchObject({ result: 'failed', delivered_ul: 0 });
  expect(inGlass()).toBe(before);
});

it('goes unseen without level switches: what is told then is computed, not measured', async () => {
  const { clock, run, sim, inGlass } = await bench({ levelSwitches: false });
  sim.inject({ t: 'empty-bottle', pump: 1, left_ul: 10_000 });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
  const result = await clock.until(run.finish());
  expect(result.result).toBe('ok');
  expect(result.delivered_ul - inGlass()).toBeGreaterThan(19_000);
});

it('is over when the bottle is replaced', async () => {
  const { clock, executor, grant, run, sim } = await bench();
  sim.inject({ t: 'empty-bottle', pump: 1, left_ul: 0 });
  await clock.until(run.piece(drink));
  await run[Symbol.asyncDispose]();
  sim.replaceBottle(1);
  await using next = executor.open(grant, twoSlots([0, 1]));
  expect(await clock.until(next.piece(drink))).toEqual({ t: 'done' });
});

function twoSlots(lines: readonly number[]): Bounds {
  return { ...bounds, slots: lines.map((line) => ({ maxUl: bounds.totalUl, line })) };
}
