import { expect, it } from 'vitest';
import { bench, bounds, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('together', [
  [0, 60_000],
  [1, 30_000],
]);

it('ends the drink as partial, with what was executed by then', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'reset', after_ms: 2_000 });
  expect(await clock.until(run.piece(drink))).toMatchObject({ t: 'ended' });
  expect(await sim.readBack()).toBe(0);
  const result = await clock.until(run.finish());
  expect(result.result).toBe('partial');
  expect(Math.abs(result.delivered_ul - inGlass())).toBeLessThanOrEqual(5);
});

it('resumes nothing, repeats nothing, and leaves the supply off until it is configured again', async () => {
  const { clock, executor, grant, run, sim, inGlass } = await bench();
  sim.inject({ t: 'reset', after_ms: 2_000 });
  await clock.until(run.piece(drink));
  await run[Symbol.asyncDispose]();
  const poured = inGlass();
  await clock.advance(60_000);
  expect([inGlass(), sim.inputs().supply]).toEqual([poured, 'open']);
  sim.touch({ supply: 'made' });
  expect(sim.inputs().supply).toBe('open');
  await using second = executor.open(grant, bounds);
  expect(await clock.until(second.piece(drink))).toEqual({ t: 'ended', why: 'dispenser/supply-lost' });
  await second[Symbol.asyncDispose]();
  await executor.configure();
  await using third = executor.open(grant, bounds);
  expect(await clock.until(third.piece(drink))).toEqual({ t: 'done' });
  expect(Math.abs(inGlass() - poured - 90_000)).toBeLessThanOrEqual(10);
});

it('keeps the record for a host that died with it', async () => {
  const { clock, executor, grant, run, sim, inGlass } = await bench();
  await run[Symbol.asyncDispose]();
  await using dying = executor.open(grant, bounds);
  void dying.piece(drink);
  await clock.advance(1_500);
  sim.inject({ t: 'reset', after_ms: 0 });
  await sim[Symbol.asyncDispose]();
  expect(await sim.readBack()).toBe(0);
  expect(inGlass()).toBeGreaterThan(28_000);
});
