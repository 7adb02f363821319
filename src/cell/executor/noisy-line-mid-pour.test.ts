import { expect, it } from 'vitest';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('together', [
  [0, 60_000],
  [1, 30_000],
]);

it.each([5, 30, 60])('every command %i ms late changes no dose', async (delay_ms) => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'noisy-line', after_ms: 500, for_ms: 60_000, delay_ms });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
  expect(await clock.until(run.finish())).toMatchObject({ result: 'ok' });
  expect(Math.abs(inGlass() - 90_000)).toBeLessThanOrEqual(5);
});

it('so late that leases are lost switches off each time and pours the rest when it is quiet again', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'noisy-line', after_ms: 1_000, for_ms: 300, delay_ms: 400 });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
  expect(Math.abs(inGlass() - 90_000)).toBeLessThanOrEqual(20);
});

it('so late for ever is given up, and every output stays off', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'noisy-line', after_ms: 1_000, for_ms: 600_000, delay_ms: 400 });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'dispenser/lease-expired' });
  const poured = inGlass();
  const result = await clock.until(run.finish());
  expect(result.result).toBe('partial');
  expect(Math.abs(result.delivered_ul - poured)).toBeLessThanOrEqual(10);
  await clock.advance(60_000);
  expect(inGlass()).toBe(poured);
});

it('a stop comes as late as the line is, and the lease is the longest that can be', async () => {
  const { clock, run, sim } = await bench();
  sim.inject({ t: 'noisy-line', after_ms: 1_000, for_ms: 60_000, delay_ms: 5_000 });
  const piece = run.piece(drink);
  await clock.advance(1_100);
  const asked = clock.monotonic();
  const stopped = run.stop('machine/pour-interrupted');
  await clock.advance(240);
  expect(sim.outputsNow()).toBe(0);
  expect(clock.monotonic() - asked).toBe(240);
  await clock.until(stopped);
  expect(await clock.until(piece)).toMatchObject({ t: 'ended' });
});
