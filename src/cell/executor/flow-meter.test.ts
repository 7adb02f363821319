import { describe, expect, it } from 'vitest';
import { usualSpread } from '#firmware-bridge/sim/sim-pumps.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const nl_per_pulse = 500_000;
const metered = {
  levelSwitches: false,
  meters: [0, 1].map((pump) => ({ pump, nl_per_pulse })),
  machine: { facts: new Map([0, 1].map((pump) => [pump, { density: 1000, nlPerPulse: nl_per_pulse }])) },
} as const;
const drink = dispense('together', [
  [0, 60_000],
  [1, 30_000],
]);

describe('with a flow meter in each line', () => {
  it('what is told as delivered is what was measured', async () => {
    const { clock, run, sim, inGlass } = await bench(metered);
    sim.inject({ t: 'slow-pump', pump: 0, permille: 800 });
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
    const result = await clock.until(run.finish());
    expect(Math.abs(inGlass() - 78_000)).toBeLessThanOrEqual(50);
    // a pulse of each line, and what flowed since the last look at them
    expect(Math.abs(result.delivered_ul - inGlass())).toBeLessThanOrEqual(2_000);
  });

  it('a line that is dry is stopped two seconds later', async () => {
    const { clock, run, sim } = await bench(metered);
    sim.inject({ t: 'empty-bottle', pump: 1, left_ul: 5_000 });
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'dispenser/no-flow' });
    expect(clock.monotonic()).toBeLessThanOrEqual(2_900);
    const result = await clock.until(run.finish());
    expect(result).toMatchObject({ result: 'partial', reason: 'dispenser/no-flow' });
  });

  it('no line in good order is ever stopped', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { clock, run } = await bench({ ...metered, seed, spread: usualSpread });
      const layers = dispense('one_after_other', [
        [0, 30_000],
        [1, 30_000],
        [0, 10_000],
      ]);
      expect(await clock.until(run.piece(layers))).toEqual({ t: 'done' });
    }
  });

  it('pulses without flow are not believed: ghosts are not charged', async () => {
    const wrong = metered.meters.map((each) => ({ ...each, nl_per_pulse: 50_000 }));
    const { clock, run } = await bench({ ...metered, meters: wrong });
    await clock.until(run.piece(drink));
    const result = await clock.until(run.finish());
    expect(Math.abs(result.delivered_ul - 90_000)).toBeLessThanOrEqual(5);
  });

  it('that tells nothing at all, the calibration counts', async () => {
    const { clock, run, sim } = await bench(metered);
    sim.inject({ t: 'sensors-silent', after_ms: 0 });
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
    expect(Math.abs((await clock.until(run.finish())).delivered_ul - 90_000)).toBeLessThanOrEqual(5);
  });
});
