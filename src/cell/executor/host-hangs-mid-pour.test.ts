import { expect, it } from 'vitest';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('together', [
  [0, 60_000],
  [1, 30_000],
]);

it.each([300, 5_000, 60_000])(
  'for %i ms: off one lease after its last word, and the rest is poured when it comes to',
  async (ms) => {
    const { clock, run, sim, inGlass } = await bench();
    const piece = run.piece(drink);
    await clock.advance(1_000);
    clock.leap(ms);
    // what the far end did meanwhile, by itself: 60 ms of lag, then 20 ml/s until the lease of 240 ms was over
    expect(inGlass()).toBeGreaterThanOrEqual((1_000 - 60) * 20);
    expect(inGlass()).toBeLessThanOrEqual((1_240 - 60) * 20);
    expect(sim.outputsNow()).toBe(0);
    expect(await clock.until(piece)).toEqual({ t: 'done' });
    expect(await clock.until(run.finish())).toMatchObject({ result: 'ok' });
    expect(Math.abs(inGlass() - 90_000)).toBeLessThanOrEqual(20);
  },
);
