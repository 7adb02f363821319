import { beforeAll, expect, it } from 'vitest';
import { usualSpread } from '#firmware-bridge/sim/sim-pumps.ts';
import { boundsOf, maxUl } from '#recipes/bounds.ts';
import { beverage } from '#recipes/machine-class.ts';
import { phasesOf, writePhase } from '#recipes/phases.ts';
import { recordBytes } from '#recipes/record.ts';
import { readSamples, type SampleDrink } from '#recipes/samples.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { microlitres, microseconds, milliseconds } from '#shared/units.ts';
import { bench } from '#tests/support/pump-bench.ts';

/** The slowest pumps that the class allows: one can be slowed, the next cannot. */
const slowest = Array.from({ length: 16 }, (_, pump) => ({
  points: [
    ...(pump % 2 === 0 ? [{ drive: 400, flow: beverage.nominalFlow / 3 }] : []),
    { drive: 1000, flow: beverage.nominalFlow },
  ].map(({ drive, flow }) => ({ drive, flow: Math.floor(flow) as typeof beverage.nominalFlow })),
  lag: microseconds(100_000),
  factor: 1000,
}));
let samples: SampleDrink[] = [];

beforeAll(async () => {
  samples = await readSamples(systemDisk(new URL('../../../recipes', import.meta.url).pathname));
});

it('pours every sample drink within its published bounds, even with the slowest pumps of its class', async () => {
  expect(samples.length).toBeGreaterThanOrEqual(16);
  for (const { source } of samples) {
    const recipe = phasesOf(source);
    const published = boundsOf(recipe, beverage.nominalFlow);
    const { clock, run, inGlass } = await bench({
      pumps: slowest,
      spread: usualSpread,
      machine: { atOnce: published.parallel },
      bounds: {
        totalUl: microlitres(published.total_ul),
        durationMs: milliseconds(published.duration_ms),
        parallel: published.parallel,
        minDoseUl: microlitres(published.min_dose),
        slots: recipe.amounts.map((amount, line) => ({ maxUl: microlitres(maxUl(amount, published.total_ul)), line })),
      },
    });
    for (const phase of recipe.phases) {
      const record = new DataView(new ArrayBuffer(recordBytes));
      writePhase(record, phase);
      expect((await clock.until(run.piece(record))).t, source.slug).not.toBe('ended');
    }
    const { result, ordered_ul } = await clock.until(run.finish());
    expect([source.slug, result, ordered_ul]).toEqual([source.slug, 'ok', published.total_ul]);
    expect(Math.abs(inGlass() - ordered_ul), source.slug).toBeLessThanOrEqual(Math.max(2_000, ordered_ul / 100));
  }
});
