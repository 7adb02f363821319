import { describe, expect, it } from 'vitest';
import { usualScale } from '#firmware-bridge/sim/sim-scale.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('together', [
  [0, 60_000],
  [1, 60_000],
]);

describe.each([80, 10] as const)('with a scale of %i readings a second', (perSecond) => {
  const onScale = { scale: { ...usualScale, perSecond } };

  it.each(['another', 'emptied'] as const)('the rest is not poured into it: %s', async (back) => {
    const { clock, run, sim, inGlass } = await bench(onScale);
    sim.inject({ t: 'glass-removed', after_ms: 3_000, for_ms: 2_000, back });
    const piece = run.piece(drink);
    await clock.advance(3_100);
    const held = inGlass();
    expect(await clock.until(piece)).toEqual({ t: 'ended', why: 'machine/glass-changed' });
    expect(inGlass()).toBe(held);
    expect(await clock.until(run.finish())).toMatchObject({ result: 'partial', reason: 'machine/glass-changed' });
  });

  it.each([300, 1_000, 3_000, 5_500])('the same glass, lifted after %i ms, is filled up', async (after_ms) => {
    const { clock, run, sim, inGlass } = await bench(onScale);
    sim.inject({ t: 'glass-removed', after_ms, for_ms: 2_000 });
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
    expect(Math.abs(inGlass() - 120_000)).toBeLessThanOrEqual(20);
  });

  it('the same glass, lifted again while it is weighed, is filled up', async () => {
    const { clock, run, sim, inGlass } = await bench(onScale);
    const piece = run.piece(drink);
    await clock.advance(3_000);
    for (let i = 0; i < 4; i += 1) {
      sim.touch({ glass: 'open' });
      await clock.advance(700);
      sim.touch({ glass: 'made' });
      await clock.advance(200);
    }
    expect(await clock.until(piece)).toEqual({ t: 'done' });
    expect(Math.abs(inGlass() - 120_000)).toBeLessThanOrEqual(20);
  });

  it('another glass between two pieces is seen before the next one', async () => {
    const { clock, run, sim } = await bench(onScale);
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
    await clock.advance(1_000);
    sim.touch({ glass: 'open' });
    await clock.advance(1_000);
    sim.touch({ glass: 'made' }, 'another');
    expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'machine/glass-changed' });
  });

  it('any glass will do before the first drop', async () => {
    const { clock, run, sim } = await bench(onScale);
    sim.touch({ glass: 'open' });
    const piece = run.piece(drink);
    await clock.advance(5_000);
    sim.touch({ glass: 'made' }, 'another');
    expect(await clock.until(piece)).toEqual({ t: 'done' });
  });
});

it('without a scale nobody can tell: the rest is poured into whatever stands there', async () => {
  const { clock, run, sim } = await bench();
  sim.inject({ t: 'glass-removed', after_ms: 3_000, for_ms: 2_000, back: 'another' });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
});

it('a scale that fell silent does not hold up the drink', async () => {
  const { clock, run, sim } = await bench({ scale: usualScale });
  sim.inject({ t: 'sensors-silent', after_ms: 2_900 });
  sim.inject({ t: 'glass-removed', after_ms: 3_000, for_ms: 2_000 });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'done' });
});
