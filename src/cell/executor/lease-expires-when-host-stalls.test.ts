import { expect, it } from 'vitest';
import { milliseconds } from '#shared/units.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('together', [
  [0, 60_000],
  [1, 30_000],
]);

it('switches off one lease after the last renewal, then pours the rest', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'lease-lost', after_ms: 1_000 });
  const states: string[] = [];
  run.watch(({ t }) => states.push(t));
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
  expect(states).toEqual(['restarting', 'running']);
  expect(Math.abs(inGlass() - 90_000)).toBeLessThanOrEqual(10);
});

it('is a fault of this host when it happens in every job of a piece', async () => {
  const { clock, run, sim } = await bench({ machine: { lease: milliseconds(250) } });
  run.watch(({ t }) => {
    if (t === 'restarting') sim.inject({ t: 'lease-lost', after_ms: 0 });
  });
  sim.inject({ t: 'lease-lost', after_ms: 0 });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'dispenser/lease-expired' });
  const result = await clock.until(run.finish());
  expect(result.result).toBe('partial');
  expect(clock.monotonic()).toBeLessThanOrEqual(4 * 250);
});
