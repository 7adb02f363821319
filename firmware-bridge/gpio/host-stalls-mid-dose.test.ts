import { describe, expect, it } from 'vitest';
import { milliseconds } from '#shared/units.ts';
import { gpioBench, limits, steps } from '#tests/support/gpio/gpio-bench.ts';
import { DoseBuffer } from '../dose-buffer.ts';

const tolerance = 100;
const second = milliseconds(1_000);

async function ready(): Promise<ReturnType<typeof gpioBench>> {
  const bench = gpioBench();
  await bench.dispenser.configure(limits);
  return bench;
}

async function onUs({ dispenser }: ReturnType<typeof gpioBench>, row = 0): Promise<number> {
  const doses = new DoseBuffer();
  await dispenser.lastJob(doses);
  return doses.onUs[row] ?? 0;
}

describe('a host that stalls', () => {
  it('while a pump is on pours longer, and records that it did', async () => {
    const bench = await ready();
    const { ended } = await bench.dispenser.arm(steps([0, 0, 100]), second);
    await bench.clock.advance(50);
    bench.stopwatch.skip(250_000);
    await bench.clock.advance(60);
    expect(await ended).toEqual({ t: 'done' });
    expect(Math.abs((await onUs(bench)) - 300_000)).toBeLessThanOrEqual(tolerance);
  });

  it('before a pump is on begins late, and the dose keeps its length', async () => {
    const bench = await ready();
    const { ended } = await bench.dispenser.arm(steps([0, 50, 150]), second);
    await bench.clock.advance(20);
    bench.stopwatch.skip(300_000);
    await bench.clock.advance(500);
    expect(await ended).toEqual({ t: 'done' });
    expect(Math.abs((await onUs(bench)) - 100_000)).toBeLessThanOrEqual(tolerance);
  });

  it('for longer than the lease finds that out when it goes on: all off, and the record is of what was', async () => {
    const bench = await ready();
    const { ended } = await bench.dispenser.arm(steps([0, 0, 100], [1, 200, 300]), milliseconds(250));
    await bench.clock.advance(50);
    bench.stopwatch.skip(450_000);
    await bench.clock.advance(60);
    expect(await ended).toEqual({ t: 'fault', code: 'dispenser/lease-expired' });
    expect(await bench.dispenser.readBack()).toBe(0);
    expect(Math.abs((await onUs(bench)) - 500_000)).toBeLessThanOrEqual(tolerance);
    expect(await onUs(bench, 1)).toBe(0);
  });

  it('and renews too late is told so', async () => {
    const bench = await ready();
    const armed = await bench.dispenser.arm(steps([0, 0, 400]), milliseconds(250));
    await bench.clock.advance(50);
    bench.stopwatch.skip(300_000);
    await expect(armed.renew()).rejects.toThrow('dispenser/lease-expired');
    expect(await bench.dispenser.readBack()).toBe(0);
  });
});
