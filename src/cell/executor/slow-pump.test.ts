import { describe, expect, it } from 'vitest';
import { usualScale } from '#firmware-bridge/sim/sim-scale.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('together', [[0, 100_000]]);
const onScale = { scale: usualScale, levelSwitches: false } as const;

describe('a pump whose hose is worn', () => {
  it('goes unseen without a scale: what is told is computed', async () => {
    const { clock, run, sim, inGlass } = await bench();
    sim.inject({ t: 'slow-pump', pump: 0, permille: 700 });
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
    expect(Math.abs(inGlass() - 70_000)).toBeLessThanOrEqual(100);
    expect((await clock.until(run.finish())).delivered_ul).toBeGreaterThan(99_000);
  });

  it('pours on at seven tenths of its flow under a scale: that is no empty bottle', async () => {
    const { clock, run, sim } = await bench(onScale);
    sim.inject({ t: 'slow-pump', pump: 0, permille: 700 });
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
  });

  it('pours its dose all the same where doses end by weight, as far as the longest time goes', async () => {
    const { clock, run, sim, inGlass } = await bench({ ...onScale, machine: { byWeight: true } });
    sim.inject({ t: 'slow-pump', pump: 0, permille: 920 });
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
    expect(Math.abs(inGlass() - 100_000)).toBeLessThanOrEqual(1_500);
  });
});

describe('a line that is half blocked', () => {
  it('is stopped when less than a third comes', async () => {
    const { clock, run, sim } = await bench(onScale);
    sim.inject({ t: 'slow-pump', pump: 0, permille: 250 });
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'dispenser/no-flow' });
    expect(clock.monotonic()).toBeLessThanOrEqual(6_500);
  });
});

describe('a bubble of air', () => {
  it('of a second is waited for', async () => {
    const { clock, run, sim } = await bench(onScale);
    sim.inject({ t: 'air-bubble', pump: 0, for_ms: 1_000 });
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
  });

  it('of six seconds is an empty line', async () => {
    const { clock, run, sim } = await bench(onScale);
    sim.inject({ t: 'air-bubble', pump: 0, for_ms: 6_000 });
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'dispenser/no-flow' });
  });
});
