import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { boardBench, onTimeUs, pumpPins } from '#tests/support/board-bench.ts';
import { bench, bounds, dispense } from '#tests/support/pump-bench.ts';
import { Bar } from './support/bar.ts';

/** 2018: a relay that cannot slow its pump stays fully on for the common end: 4.15 ml instead of 2 ml. */
describe('a pump that cannot be slowed, when all doses are to end together', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  it('pours its dose and no more: a whole drink on four relays', async () => {
    const relay = [{ drive: 1000, ul_per_s: 10_000 }];
    const pumps = bar.world.config.pumps.map((pump) => ({ ...pump, flow: relay }));
    await using machine = await bar.machine({ pumps });
    await machine.nextPoursExactly();
  });

  it('runs in pulses that end with the slowest dose, and is on for as long as its dose takes', async () => {
    const { clock, run, sim, inGlass } = await bench();
    const on: number[] = [];
    const piece = run.piece(
      dispense('same_end', [
        [0, 60_000],
        [3, 20_000],
      ]),
    );
    await clock.advance(0);
    for (let ms = 0; ms <= 6_060; ms += 1) {
      on.push(((await sim.readBack()) >> 3) & 1);
      await clock.advance(1);
    }
    expect(await clock.until(piece)).toEqual({ t: 'done' });
    const pulses = on.filter((now, ms) => now === 1 && on[ms - 1] !== 1).length;
    const onMs = on.filter((now) => now === 1).length;
    // 20 ml at 10 ml/s, and the lag of 60 ms once for each pulse
    expect(pulses).toBeGreaterThan(1);
    expect(Math.abs(onMs - 2_000 - pulses * 60)).toBeLessThanOrEqual(pulses);
    expect(on.slice(6_050, 6_059)).toContain(1);
    expect(Math.abs(inGlass() - 80_000)).toBeLessThanOrEqual(pulses);
  });

  it('on the wire of the real firmware: its relay is on for what the dose needs, within a tick for each pulse', async () => {
    await using on = await boardBench(inject('runFolder'));
    await using run = on.executor.open(on.grant, bounds);
    const piece = dispense('same_end', [
      [0, 15_000],
      [3, 5_000],
    ]);
    expect(await run.piece(piece)).toEqual({ t: 'done' });
    const [, , , relay = 0] = pumpPins;
    const pulses = on.board.edges.filter(({ pin, level }) => pin === relay && level === '1').length;
    expect(pulses).toBeGreaterThan(1);
    expect(Math.abs(onTimeUs(on.board, relay) - 500_000)).toBeLessThanOrEqual(16 * pulses);
    const off = on.board.edges.filter(({ level }) => level === '0');
    const last = (pin: number): number => Math.max(...off.filter((edge) => edge.pin === pin).map(({ ns }) => ns));
    expect(Math.abs(last(relay) - last(pumpPins[0] ?? 0)) / 1000).toBeLessThanOrEqual(2 * 16);
  });
});
