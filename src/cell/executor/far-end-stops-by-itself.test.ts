import { describe, expect, it } from 'vitest';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('same_end', [
  [0, 60_000],
  [1, 30_000],
  [3, 20_000],
]);

describe.each([
  ['that ends a job itself when a contact opens', true],
  ['that leaves it to the host', false],
])('with a far end %s', (_, stopsOnOpenContact) => {
  it.each(['glass-removed', 'door-opened'] as const)('a drink is held and then poured to its end: %s', async (t) => {
    const { clock, run, sim, inGlass } = await bench({ stopsOnOpenContact });
    sim.inject({ t, after_ms: 2_000, for_ms: 3_000 });
    const piece = run.piece(drink);
    await clock.advance(2_100);
    expect(run.state.t).toBe('held');
    expect(await sim.readBack()).toBe(0);
    expect(await clock.until(piece)).toEqual({ t: 'done' });
    const result = await clock.until(run.finish());
    expect(result.result).toBe('ok');
    expect(Math.abs(inGlass() - 110_000)).toBeLessThanOrEqual(20);
    expect(Math.abs(result.delivered_ul - inGlass())).toBeLessThanOrEqual(20);
  });

  it('a contact that only blinks costs nothing but time', async () => {
    const { clock, run, sim, inGlass } = await bench({ stopsOnOpenContact });
    const piece = run.piece(drink);
    await clock.advance(1_000);
    sim.touch({ door: 'open' });
    sim.touch({ door: 'made' });
    expect(await clock.until(piece)).toEqual({ t: 'done' });
    expect(Math.abs(inGlass() - 110_000)).toBeLessThanOrEqual(20);
  });
});

it('a job that ends without any reason is begun again, but not for ever', async () => {
  const { clock, run, sim, inGlass } = await bench();
  const once = run.piece(drink);
  await clock.advance(1_000);
  await sim.stop();
  expect(await clock.until(once)).toEqual({ t: 'done' });
  expect(Math.abs(inGlass() - 110_000)).toBeLessThanOrEqual(20);
  const again = run.piece(drink);
  for (let i = 0; i < 4; i += 1) {
    await clock.advance(300);
    await sim.stop();
  }
  expect(await clock.until(again)).toEqual({ t: 'ended', why: 'dispenser/failed' });
});

it('whoever takes the full glass while the last drops fall ends nothing', async () => {
  const { clock, run, sim } = await bench();
  await clock.until(run.piece(drink));
  const finished = run.finish();
  await clock.advance(500);
  sim.touch({ glass: 'open' });
  expect(await clock.until(finished)).toMatchObject({ result: 'ok' });
});
