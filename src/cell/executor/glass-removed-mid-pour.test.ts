import { expect, it } from 'vitest';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('same_end', [
  [0, 60_000],
  [1, 30_000],
  [3, 20_000],
]);

it('holds within 100 ms, and pours exactly the rest when the glass is back', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'glass-removed', after_ms: 2_000, for_ms: 4_000 });
  const states: string[] = [];
  run.watch(({ t }) => states.push(t));
  const piece = run.piece(drink);
  await clock.advance(2_100);
  expect(run.state).toMatchObject({ t: 'held', why: 'machine/glass-missing' });
  expect(await sim.readBack()).toBe(0);
  const held = inGlass();
  await clock.advance(3_800);
  expect(inGlass()).toBe(held);
  expect(await clock.until(piece)).toEqual({ t: 'done' });
  const result = await clock.until(run.finish());
  expect(result).toMatchObject({ result: 'ok', ordered_ul: 110_000 });
  expect(Math.abs(result.delivered_ul - 110_000)).toBeLessThanOrEqual(20);
  expect(Math.abs(inGlass() - 110_000)).toBeLessThanOrEqual(20);
  expect(states).toEqual(['holding', 'held', 'restarting', 'running', 'complete']);
});

it.each([1, 30, 61, 1_000, 1_900, 3_000, 5_990, 6_055])(
  'loses nothing when the glass goes after %i ms',
  async (after_ms) => {
    for (const timing of ['together', 'same_end', 'one_after_other'] as const) {
      const { clock, run, sim, inGlass } = await bench({ machine: { atOnce: 2 } });
      sim.inject({ t: 'glass-removed', after_ms, for_ms: 700 });
      const piece = dispense(timing, [
        [0, 60_000],
        [1, 30_000],
        [3, 20_000],
      ]);
      await clock.until(run.piece(piece));
      const result = await clock.until(run.finish());
      expect(Math.abs(inGlass() - 110_000)).toBeLessThanOrEqual(20);
      expect(Math.abs(result.delivered_ul - inGlass())).toBeLessThanOrEqual(20);
    }
  },
);

it('says before anything moves again that the piece is begun once more, and then only', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'glass-removed', after_ms: 2_000, for_ms: 1_000 });
  const said: string[] = [];
  const { promise: written, resolve } = Promise.withResolvers<void>();
  const again = (): Promise<void> => {
    said.push('again');
    return written;
  };
  const piece = run.piece(drink, () => said.push('taken'), again);
  await clock.advance(10_000);
  const held = inGlass();
  expect([said, await sim.readBack()]).toEqual([['taken', 'again'], 0]);
  await clock.advance(10_000);
  expect(inGlass()).toBe(held);
  resolve();
  expect(await clock.until(piece)).toEqual({ t: 'done' });
  expect(Math.abs(inGlass() - 110_000)).toBeLessThanOrEqual(20);
  expect(said).toEqual(['taken', 'again']);
});

it('moves nothing when it was stopped while that was written', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'glass-removed', after_ms: 2_000, for_ms: 1_000 });
  const { promise: written, resolve } = Promise.withResolvers<void>();
  const piece = run.piece(
    drink,
    () => {},
    () => written,
  );
  await clock.advance(5_000);
  const held = inGlass();
  const stopped = run.stop('machine/pour-interrupted');
  resolve();
  await clock.until(stopped);
  expect(await clock.until(piece)).toEqual({ t: 'ended', why: 'machine/pour-interrupted' });
  await clock.advance(10_000);
  expect([inGlass(), await sim.readBack()]).toEqual([held, 0]);
});

it('survives being taken again and again', async () => {
  const { clock, run, sim, inGlass } = await bench();
  const piece = run.piece(drink);
  for (let i = 0; i < 12; i += 1) {
    await clock.advance(370);
    sim.touch({ glass: 'open' });
    await clock.advance(40);
    sim.touch({ glass: 'made' });
  }
  expect(await clock.until(piece)).toEqual({ t: 'done' });
  expect(Math.abs(inGlass() - 110_000)).toBeLessThanOrEqual(60);
});

it('is given up when the glass stays away for longer than the operator allows', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.inject({ t: 'glass-removed', after_ms: 2_000, for_ms: null });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'machine/glass-missing' });
  expect(clock.monotonic()).toBe(32_000);
  const result = await clock.until(run.finish());
  expect(result).toMatchObject({ result: 'partial', reason: 'machine/glass-missing', ordered_ul: 110_000 });
  expect(Math.abs(result.delivered_ul - inGlass())).toBeLessThanOrEqual(5);
});

it('waits for the glass before the first drop, and fails without one', async () => {
  const { clock, run, sim, inGlass } = await bench();
  sim.touch({ glass: 'open' });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'machine/glass-missing' });
  expect(await clock.until(run.finish())).toMatchObject({ result: 'failed', delivered_ul: 0, ordered_ul: 110_000 });
  expect(inGlass()).toBe(0);
});

it('starts when the glass is put there late', async () => {
  const { clock, run, sim } = await bench();
  sim.touch({ glass: 'open' });
  const piece = run.piece(drink);
  await clock.advance(5_000);
  expect(run.state).toMatchObject({ t: 'held', pouring: false });
  sim.touch({ glass: 'made' });
  expect(await clock.until(piece)).toEqual({ t: 'done' });
});

it('can be stopped while it is held', async () => {
  const { clock, run, sim } = await bench();
  sim.inject({ t: 'glass-removed', after_ms: 2_000, for_ms: 4_000 });
  const piece = run.piece(drink);
  await clock.advance(3_000);
  await clock.until(run.stop('machine/pour-interrupted'));
  expect(await piece).toEqual({ t: 'ended', why: 'machine/pour-interrupted' });
  await clock.advance(20_000);
  expect(await sim.readBack()).toBe(0);
  expect(run.state.t).toBe('stopped');
});

it('keeps a drink whose last drops are falling', async () => {
  const { clock, run, sim } = await bench();
  await clock.until(run.piece(drink));
  const finished = run.finish();
  await clock.advance(500);
  sim.touch({ glass: 'open' });
  expect(await clock.until(finished)).toMatchObject({ result: 'ok' });
});

it('holds in the same way for an open door, under its own name', async () => {
  const { clock, run, sim } = await bench();
  sim.inject({ t: 'door-opened', after_ms: 1_000, for_ms: null });
  expect(await clock.until(run.piece(drink))).toEqual({ t: 'ended', why: 'machine/interlock-open' });
});
