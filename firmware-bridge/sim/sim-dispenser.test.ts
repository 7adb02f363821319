import { describe, expect, it } from 'vitest';
import { microlitres, microlitresPerSecond, milliseconds } from '#shared/units.ts';
import { contactContract, dispenserContract } from '#tests/support/dispenser-contract.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import { Readings } from '../readings.ts';
import { StepBuffer } from '../step-buffer.ts';
import type { SimPump } from './pump-model.ts';
import { SimDispenser, type SimOptions } from './sim-dispenser.ts';
import { usualScale } from './sim-scale.ts';
import { noSpread, simPump, usualSpread } from './sim-pumps.ts';

const measured = {
  points: [
    { drive: 500, flow: 4_000 },
    { drive: 1000, flow: 10_000 },
  ],
  lag: 0,
};

function sim(others: Partial<SimOptions> = {}): { clock: SteppedClock; dispenser: SimDispenser } {
  const clock = new SteppedClock();
  const pump = simPump(measured, 500_000, noSpread);
  return { clock, dispenser: new SimDispenser({ clock, pumps: [pump, pump], seed: 1, ...others }) };
}

async function ready(others: Partial<SimOptions> = {}): Promise<{ clock: SteppedClock; dispenser: SimDispenser }> {
  const made = sim(others);
  const limit = { maxOn: milliseconds(60_000), maxVolume: microlitres(600_000), maxFlow: microlitresPerSecond(10_000) };
  await made.dispenser.configure([0, 1].map((pump) => ({ pump, ...limit })));
  return made;
}

function oneStep(pump: number, drive: number, ms: number): StepBuffer {
  const steps = new StepBuffer();
  steps.push(pump, 0, drive, 0, ms * 1000);
  return steps;
}

dispenserContract('the simulated machine', 0, async () => {
  const { clock, dispenser } = sim();
  return { dispenser, advance: (ms) => clock.advance(ms) };
});

contactContract('the simulated machine', async () => {
  const { clock, dispenser } = sim();
  return { dispenser, advance: (ms) => clock.advance(ms), touch: async (change) => dispenser.touch(change) };
});

describe('the scale of the model', () => {
  const still = { ...usualScale, noise_mg: 0 };

  it('shows what has been poured, with its lag, and less than nothing when the glass is lifted', async () => {
    const { clock, dispenser } = await ready({ scale: still });
    const readings = new Readings();
    let told = 0;
    using _watch = dispenser.sensors?.watch(readings, () => {
      told += 1;
    });
    await clock.until((await dispenser.arm(oneStep(0, 1000, 2_000), milliseconds(5_000))).ended);
    const shown = readings.mg[readings.place()] ?? 0;
    // 80 ms behind 10 ml/s
    expect(Math.abs(20_000 - shown - 800)).toBeLessThanOrEqual(150);
    await clock.advance(1_000);
    expect(Math.abs((readings.mg[readings.place()] ?? 0) - 20_000)).toBeLessThanOrEqual(2);
    expect(Math.abs(told - 3 * 80)).toBeLessThanOrEqual(2);
    dispenser.touch({ glass: 'open' });
    await clock.advance(2_000);
    expect(readings.mg[readings.place()]).toBe(-still.glass_mg);
    dispenser.touch({ glass: 'made' });
    await clock.advance(2_000);
    expect(Math.abs((readings.mg[readings.place()] ?? 0) - 20_000)).toBeLessThanOrEqual(2);
  });

  it('weighs by the density of the liquid', async () => {
    const syrup = simPump(measured, 500_000, noSpread, 1300);
    const { clock, dispenser } = await ready({ pumps: [syrup], scale: still });
    const readings = new Readings();
    using _watch = dispenser.sensors?.watch(readings, () => {});
    await clock.until((await dispenser.arm(oneStep(0, 1000, 1_000), milliseconds(5_000))).ended);
    await clock.advance(1_000);
    expect(Math.abs((readings.mg[readings.place()] ?? 0) - 13_000)).toBeLessThanOrEqual(2);
  });

  it('changes nothing about what is poured, and tells nobody who does not watch any more', async () => {
    const pour = async (others: Partial<SimOptions>): Promise<number | undefined> => {
      const { clock, dispenser } = await ready({ ...others, pumps: [simPump(measured, 500_000, usualSpread)] });
      const readings = new Readings();
      dispenser.sensors?.watch(readings, () => {})[Symbol.dispose]();
      await clock.until((await dispenser.arm(oneStep(0, 1000, 2_000), milliseconds(5_000))).ended);
      expect(readings.count).toBeLessThanOrEqual(1);
      return dispenser.weigh()[0];
    };
    expect(await pour({ scale: usualScale })).toBe(await pour({}));
  });
});

describe('the physical model', () => {
  it.each([
    [1000, 20_000],
    [750, 14_000],
    [500, 8_000],
    [100, 8_000],
  ])('pours at drive %i what the curve of its pump says', async (drive, poured) => {
    const { clock, dispenser } = await ready();
    await clock.until((await dispenser.arm(oneStep(1, drive, 2_000), milliseconds(5_000))).ended);
    expect(dispenser.weigh()).toEqual([0, poured]);
  });

  it('pours nothing before its lag is over, and drips after every step', async () => {
    const pump: SimPump = { ...simPump(measured, 500_000, noSpread), lag_us: 100_000, drip_ul: 30 };
    const { clock, dispenser } = await ready({ pumps: [pump] });
    await clock.until((await dispenser.arm(oneStep(0, 1000, 90), milliseconds(5_000))).ended);
    expect(dispenser.weigh()).toEqual([0]);
    await clock.until((await dispenser.arm(oneStep(0, 1000, 1_100), milliseconds(5_000))).ended);
    expect(dispenser.weigh()[0]).toBeGreaterThan(10_010);
    expect(dispenser.weigh()[0]).toBeLessThan(10_060);
  });

  it('is the same machine again for the same seed, and another for another', async () => {
    const pour = async (seed: number): Promise<number | undefined> => {
      const { clock, dispenser } = await ready({ seed, pumps: [simPump(measured, 500_000, usualSpread)] });
      await clock.until((await dispenser.arm(oneStep(0, 1000, 2_000), milliseconds(5_000))).ended);
      return dispenser.weigh()[0];
    };
    expect(await pour(7)).toBe(await pour(7));
    expect(await pour(7)).not.toBe(await pour(8));
  });

  it('keeps its lease in the time of the clock however fast the machine runs', async () => {
    const { clock, dispenser } = await ready({ timeScale: 20 });
    await dispenser.arm(oneStep(0, 1000, 40_000), milliseconds(250));
    await clock.advance(249);
    expect(await dispenser.readBack()).toBe(1);
    await clock.advance(1);
    expect(await dispenser.readBack()).toBe(0);
    expect(dispenser.weigh()[0]).toBe(50_000);
  });

  it('gets things in their order when nobody looked for a long time: the lease ended before the glass went', async () => {
    const { clock, dispenser } = await ready();
    dispenser.inject({ t: 'glass-removed', after_ms: 400, for_ms: null });
    const armed = await dispenser.arm(oneStep(0, 1000, 4_000), milliseconds(250));
    const seen: string[] = [];
    dispenser.onInputs(({ glass }) => seen.push(`glass ${glass}`));
    void armed.ended.then(({ t }) => seen.push(t));
    await clock.advance(5_000);
    expect(seen).toEqual(['fault', 'glass open']);
    expect(dispenser.weigh()[0]).toBe(2_500);
  });

  it('tells a listener no more when it does not want to hear', async () => {
    const { dispenser } = await ready();
    const seen: string[] = [];
    const listening = dispenser.onInputs(({ glass }) => seen.push(glass));
    dispenser.touch({ glass: 'open' });
    dispenser.touch({ glass: 'open' });
    listening[Symbol.dispose]();
    dispenser.touch({ glass: 'made' });
    expect(seen).toEqual(['open']);
  });

  it('may have gaps among its pumps', async () => {
    const { clock, dispenser } = await ready({ pumps: [undefined, simPump(measured, 500_000, noSpread)] });
    await clock.until((await dispenser.arm(oneStep(1, 1000, 100), milliseconds(5_000))).ended);
    expect(dispenser.weigh()).toEqual([0, 1_000]);
  });
});
