import { describe, expect, it } from 'vitest';
import { usualSpread } from '#firmware-bridge/sim/sim-pumps.ts';
import { usualScale } from '#firmware-bridge/sim/sim-scale.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';

/** A machine without level switches: only the scale can see it. */
const onScale = { levelSwitches: false, scale: usualScale } as const;
const long = dispense('together', [[0, 120_000]]);

describe('an empty bottle that only the scale can see', () => {
  it('stops the pour within 5 s of the last drop, as a partial drink that says why', async () => {
    const { clock, run, sim } = await bench(onScale);
    sim.inject({ t: 'empty-bottle', pump: 0, left_ul: 20_000 });
    expect(await clock.until(run.piece(long))).toEqual({ t: 'ended', why: 'dispenser/no-flow' });
    // dry after 2.06 s
    expect(clock.monotonic()).toBeLessThanOrEqual(7_060);
    expect(await sim.readBack()).toBe(0);
    expect(await clock.until(run.finish())).toMatchObject({ result: 'partial', reason: 'dispenser/no-flow' });
  });

  it('is found in a dose of two seconds, too, when that is over', async () => {
    const { clock, run, sim } = await bench(onScale);
    sim.inject({ t: 'empty-bottle', pump: 0, left_ul: 0 });
    expect(await clock.until(run.piece(dispense('together', [[0, 20_000]])))).toMatchObject({ t: 'ended' });
    expect((await clock.until(run.finish())).reason).toBe('dispenser/no-flow');
  });

  it('is found beside another line that flows', async () => {
    const { clock, run, sim } = await bench(onScale);
    sim.inject({ t: 'empty-bottle', pump: 1, left_ul: 5_000 });
    const both = dispense('together', [
      [0, 120_000],
      [1, 120_000],
    ]);
    expect(await clock.until(run.piece(both))).toEqual({ t: 'ended', why: 'dispenser/no-flow' });
    expect(clock.monotonic()).toBeLessThanOrEqual(7_000);
  });

  it('is found by a scale of ten readings a second', async () => {
    const { clock, run, sim } = await bench({ ...onScale, scale: { ...usualScale, perSecond: 10 } });
    sim.inject({ t: 'empty-bottle', pump: 0, left_ul: 20_000 });
    expect(await clock.until(run.piece(long))).toEqual({ t: 'ended', why: 'dispenser/no-flow' });
    expect(clock.monotonic()).toBeLessThanOrEqual(8_900);
  });
});

describe('a scale does not cry wolf', () => {
  it('over fifty machines in good order', async () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const { clock, run } = await bench({ ...onScale, seed, spread: usualSpread });
      const drink = dispense(seed % 2 === 0 ? 'same_end' : 'one_after_other', [
        [0, 60_000],
        [1, 30_000],
        [3, 20_000],
      ]);
      expect(await clock.until(run.piece(drink)), `seed ${seed}`).toEqual({ t: 'done' });
      expect((await clock.until(run.finish())).result).toBe('ok');
    }
  });

  it('when somebody leans on the glass for two seconds and lets go', async () => {
    const { clock, run, sim } = await bench(onScale);
    const piece = run.piece(long);
    await clock.advance(4_000);
    sim.sensors?.lean(60_000);
    await clock.advance(2_000);
    sim.sensors?.lean(0);
    expect(await clock.until(piece)).toEqual({ t: 'done' });
  });

  it('when it falls silent: the drink is poured by time', async () => {
    const { clock, run, sim, inGlass } = await bench(onScale);
    sim.inject({ t: 'sensors-silent', after_ms: 1_000 });
    expect(await clock.until(run.piece(long))).toEqual({ t: 'done' });
    expect(Math.abs(inGlass() - 120_000)).toBeLessThanOrEqual(20);
  });

  it('and leaves no weight behind', async () => {
    const { clock, run } = await bench(onScale);
    const piece = run.piece(long);
    await clock.advance(3_000);
    expect(run.amountsAreWiped()).toBe(false);
    await clock.until(run[Symbol.asyncDispose]());
    await piece;
    expect(run.amountsAreWiped()).toBe(true);
  });
});
