import { expect, it } from 'vitest';
import { bench, bounds, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('together', [
  [0, 60_000],
  [1, 30_000],
]);

it('loses its supply at once where the far end sees the current, and what ran too much is counted', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'stuck-relay', pump: 1 });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'dispenser/output-stuck' });
  expect(sim.inputs().supply).toBe('open');
  const poured = inGlass();
  await clock.advance(10_000);
  expect(inGlass()).toBe(poured);
  expect(sim.weigh()[1]).toBeGreaterThan(30_500);
  const result = await run.finish();
  expect(result).toMatchObject({ result: 'partial', reason: 'dispenser/output-stuck' });
  expect(Math.abs(result.delivered_ul - poured)).toBeLessThanOrEqual(5);
});

it('loses its supply after the job where only the read-back shows it', async () => {
  const { clock, run, sim, inGlass } = await bench({ currentSense: false });
  sim.inject({ t: 'stuck-relay', pump: 1 });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'dispenser/output-stuck' });
  expect(await sim.readBack()).toBe(0);
  const poured = inGlass();
  await clock.advance(10_000);
  expect(inGlass()).toBe(poured);
  const result = await run.finish();
  expect(Math.abs(result.delivered_ul - poured)).toBeLessThanOrEqual(5);
});

it('pours nothing more before it is repaired and the machine configured again', async () => {
  const { clock, executor, grant, run, sim } = await bench();
  sim.inject({ t: 'stuck-relay', pump: 1 });
  await clock.until(run.piece(drink));
  await run[Symbol.asyncDispose]();
  await using second = executor.open(grant, bounds);
  expect(await clock.until(second.piece(drink))).toMatchObject({ t: 'ended', why: 'dispenser/supply-lost' });
  await second[Symbol.asyncDispose]();
  sim.repair();
  await executor.configure();
  await using third = executor.open(grant, bounds);
  expect(await clock.until(third.piece(drink))).toEqual({ t: 'done' });
});

it('is found at start: no supply while an output is active', async () => {
  const { clock, run, sim, executor } = await bench({ currentSense: false });
  sim.inject({ t: 'stuck-relay', pump: 0 });
  const piece = run.piece(drink);
  await clock.advance(500);
  await expect(executor.configure()).rejects.toThrow('dispenser/output-stuck');
  expect(await clock.until(piece)).toMatchObject({ why: 'dispenser/output-stuck' });
});

it('keeps a supply that was cut from coming back for the next run, which any other supply does', async () => {
  const { clock, executor, grant, run, sim } = await bench();
  await run[Symbol.asyncDispose]();
  await sim.cutSupply();
  await executor.ready();
  expect(sim.inputs().supply).toBe('made');
  await using second = executor.open(grant, bounds);
  sim.inject({ t: 'stuck-relay', pump: 1 });
  await clock.until(second.piece(drink));
  await second[Symbol.asyncDispose]();
  sim.repair();
  await executor.ready();
  expect(sim.inputs().supply).toBe('open');
  await executor.configure();
  await sim.cutSupply();
  await executor.ready();
  expect(sim.inputs().supply).toBe('made');
});
