import { describe, expect, it } from 'vitest';
import type { VerifiedManifest } from '#recipes/manifest.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';
import { testConfig } from '#tests/support/cell/cell-world.ts';
import { endToldAfter, PublishedEnd, publishedTime } from './published-end.ts';

const published = { durationMs: 30_000, extraMs: 1_500 };
const base = testConfig();
const config = { ...base, simulation: { ...base.simulation, speed: 1 } };
const manifest = { piece_count: 8, bounds: { duration_ms: 30_000 } } as VerifiedManifest;

describe('the end of a drink', () => {
  it('is told at one and the same time, whenever within two thirds of its duration it was over', () => {
    for (const gone of [0, 1, 7_000, 21_500]) expect(endToldAfter(published, gone)).toBe(21_500);
  });

  it('that comes later is told at the whole duration, and after that in steps of 5 s', () => {
    expect([21_501, 31_500].map((gone) => endToldAfter(published, gone))).toEqual([31_500, 31_500]);
    expect([31_501, 35_000, 35_001].map((gone) => endToldAfter(published, gone))).toEqual([35_000, 35_000, 40_000]);
  });

  it('leaves room for the last drops and for the lags of the slowest pump', () => {
    const slow = { ...config, pumps: config.pumps.map((pump, i) => ({ ...pump, lag_us: i * 10_000 })) };
    expect(publishedTime(manifest, slow)).toEqual({ durationMs: 30_000, extraMs: 1500 + 30 * 6 * 8 });
  });
});

describe('the times of one drink', () => {
  it('wait for the published end, then for the half second; what it was held for does not count', async () => {
    const { clock, sim, run } = await bench();
    const from = clock.monotonic();
    using end = new PublishedEnd(manifest, run, { clock, dispenser: sim, config });
    const piece = run.piece(dispense('together', [[0, 20_000]]));
    await clock.advance(1_000);
    expect(end.fraction).toBeCloseTo(1_000 / 21_500, 5);
    sim.touch({ glass: 'open' });
    await clock.advance(10_250);
    sim.touch({ glass: 'made' });
    await clock.until(piece);
    await clock.until(end.near());
    expect(clock.monotonic() - from).toBe(10_250 + 20_000);
    await clock.until(end.tick());
    expect((clock.monotonic() - from) % 500).toBe(0);
    await clock.until(run.finish());
  });

  it('wait for nobody once the run is stopped or the glass is lifted', async () => {
    for (const happens of ['stop', 'lift'] as const) {
      const { clock, sim, run } = await bench();
      using end = new PublishedEnd(manifest, run, { clock, dispenser: sim, config });
      const near = end.near();
      await clock.advance(3_000);
      if (happens === 'stop') await clock.until(run.stop('machine/pour-interrupted'));
      else sim.touch({ glass: 'open' });
      await clock.until(near);
      expect(clock.monotonic(), happens).toBe(3_000);
      // and not at all when it has happened before
      await clock.until(end.near());
      expect(clock.monotonic(), happens).toBe(3_000);
    }
  });
});
