import { describe, expect, it } from 'vitest';
import { usualScale } from '#firmware-bridge/sim/sim-scale.ts';
import { type Log, type LogFields, silentLog } from '#shared/log.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('same_end', [
  [0, 60_000],
  [1, 30_000],
  [3, 20_000],
]);

describe('a drink that its guest puts on hold', () => {
  it('stands still within 100 ms, and goes on when the guest says so and not before', async () => {
    const { clock, run, sim, inGlass } = await bench();
    const states: string[] = [];
    run.watch((state) => states.push('why' in state ? `${state.t} ${state.why}` : state.t));
    const piece = run.piece(drink);
    await clock.advance(2_000);
    const asked = clock.monotonic();
    await clock.until(run.hold());
    expect(clock.monotonic() - asked).toBeLessThanOrEqual(100);
    expect(await sim.readBack()).toBe(0);
    const held = inGlass();
    await clock.advance(10_000);
    expect(inGlass()).toBe(held);
    await clock.until(run.resume());
    expect(await clock.until(piece)).toEqual({ t: 'done' });
    expect(Math.abs(inGlass() - 110_000)).toBeLessThanOrEqual(20);
    expect(states).toEqual(['holding machine/held', 'held machine/held', 'restarting', 'running']);
  });

  it('does not go on by itself when the glass was taken and put back meanwhile', async () => {
    const { clock, run, sim, inGlass } = await bench();
    const piece = run.piece(drink);
    await clock.advance(2_000);
    await clock.until(run.hold());
    sim.touch({ glass: 'open' });
    await expect(clock.until(run.resume())).rejects.toThrow('machine/glass-missing');
    const held = inGlass();
    sim.touch({ glass: 'made' });
    await clock.advance(5_000);
    expect([inGlass(), run.state.t]).toEqual([held, 'held']);
    await clock.until(run.resume());
    expect(await clock.until(piece)).toEqual({ t: 'done' });
  });

  it('waits for its guest, too, when the glass was away first', async () => {
    const { clock, run, sim } = await bench();
    sim.inject({ t: 'glass-removed', after_ms: 2_000, for_ms: 3_000 });
    const piece = run.piece(drink);
    await clock.advance(3_000);
    await run.hold();
    await clock.advance(10_000);
    expect(run.state).toMatchObject({ t: 'held', why: 'machine/held' });
    await run.resume();
    expect(await clock.until(piece)).toEqual({ t: 'done' });
  });

  it('is given up after as long as the operator allows', async () => {
    const { clock, run } = await bench();
    const piece = run.piece(drink);
    await clock.advance(2_000);
    await clock.until(run.hold());
    expect(await clock.until(piece)).toEqual({ t: 'ended', why: 'machine/held' });
    expect(clock.monotonic()).toBe(32_000);
    expect(await clock.until(run.finish())).toMatchObject({ result: 'partial', reason: 'machine/held' });
  });

  it('can be stopped, and is over then for hold and resume', async () => {
    const { clock, run } = await bench();
    const piece = run.piece(drink);
    await clock.advance(2_000);
    await clock.until(run.hold());
    await clock.until(run.stop('machine/pour-interrupted'));
    expect(await piece).toMatchObject({ t: 'ended' });
    await expect(run.resume()).rejects.toThrow('order/wrong-state');
    await expect(run.hold()).rejects.toThrow('order/wrong-state');
  });

  it('between two pieces waits before the next one', async () => {
    const { clock, run, inGlass } = await bench();
    await clock.until(run.piece(drink));
    await run.hold();
    const piece = run.piece(drink);
    const before = inGlass();
    await clock.advance(5_000);
    expect(inGlass()).toBe(before);
    await run.resume();
    expect(await clock.until(piece)).toEqual({ t: 'done' });
  });

  it('is not resumed into another glass where a scale can tell', async () => {
    const { clock, run, sim } = await bench({ scale: usualScale });
    const piece = run.piece(drink);
    await clock.advance(3_000);
    await clock.until(run.hold());
    await clock.advance(1_000);
    sim.touch({ glass: 'open' });
    await clock.advance(1_000);
    sim.touch({ glass: 'made' }, 'another');
    await clock.until(run.resume());
    expect(await clock.until(piece)).toEqual({ t: 'ended', why: 'machine/glass-changed' });
  });
});

it('who asked for each transition stands in the log: hold, stop and abort are told apart', async () => {
  const entries: string[] = [];
  const log: Log = {
    ...silentLog,
    info: (_message: string, facts?: LogFields) =>
      entries.push(`${facts?.['by']}: ${facts?.['from']} → ${facts?.['to']}`),
  };
  const guest = await bench({ log });
  const piece = guest.run.piece(drink);
  await guest.clock.advance(1_000);
  await guest.clock.until(guest.run.hold());
  await guest.clock.until(guest.run.resume());
  await guest.clock.advance(1_000);
  guest.sim.touch({ door: 'open' });
  await guest.clock.advance(100);
  guest.sim.touch({ door: 'made' });
  await guest.clock.advance(1_000);
  await guest.clock.until(guest.run.stop('machine/pour-interrupted', 'operator'));
  await piece;
  const broken = await bench({ log });
  broken.sim.inject({ t: 'late' });
  await broken.clock.until(broken.run.piece(drink));
  expect(entries.filter((entry) => !entry.startsWith('cell: idle'))).toEqual([
    'guest: running → held',
    'guest: held → running',
    'interlock: running → held',
    'interlock: held → running',
    'operator: running → stopped',
    'dispenser: running → aborted',
  ]);
});
