import { describe, expect, it } from 'vitest';
import { usualScale } from '#firmware-bridge/sim/sim-scale.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const dose = dispense('together', [[0, 40_000]]);

describe('a nozzle that drips after each stop', () => {
  it('adds to the glass what nobody counts by time', async () => {
    const { clock, run, sim, inGlass } = await bench();
    sim.inject({ t: 'drip', pump: 0, ul: 3_000 });
    await clock.until(run.piece(dose));
    const result = await clock.until(run.finish());
    await clock.advance(3_000);
    expect(Math.abs(inGlass() - 43_000)).toBeLessThanOrEqual(5);
    expect(Math.abs(result.delivered_ul - 40_000)).toBeLessThanOrEqual(5);
  });

  it('is no other glass when it drips while the drink is held', async () => {
    const { clock, run, sim, inGlass } = await bench({ scale: usualScale });
    const piece = run.piece(dose);
    sim.inject({ t: 'drip', pump: 0, ul: 3_000 });
    await clock.advance(2_000);
    sim.touch({ glass: 'open' });
    await clock.advance(1_000);
    sim.touch({ glass: 'made' });
    expect(await clock.until(piece)).toEqual({ t: 'done' });
    await clock.advance(5_000);
    expect(inGlass()).toBeGreaterThanOrEqual(39_950);
  });
});
