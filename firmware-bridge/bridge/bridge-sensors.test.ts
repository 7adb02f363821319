import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Readings } from '#firmware-bridge/readings.ts';
import { benchLease, readyBench, stepsOf, until } from '#tests/support/bridge-bench.ts';
import { benchWithSensors } from '#tests/support/bridge-wiring.ts';
import { milligrams } from './bridge-sensors.ts';

describe('the scale', () => {
  it('tells mg in the time of the machine while somebody watches, and afterwards no more', async () => {
    await using bench = await readyBench({ wiring: benchWithSensors });
    const { board, dispenser } = bench;
    const readings = new Readings();
    let told = 0;
    board.command('scale -42000 80');
    using watching = dispenser.sensors?.watch(readings, () => {
      told += 1;
    });
    await until(() => readings.count >= 5);
    expect(readings.mg[readings.place()]).toBe(100_000);
    const apart = (readings.atUs[readings.place(0)] ?? 0) - (readings.atUs[readings.place(1)] ?? 0);
    expect(apart).toBeGreaterThan(5_000);
    expect(apart).toBeLessThan(40_000);
    watching?.[Symbol.dispose]();
    readings.wipe();
    await dispenser.readBack();
    const after = told;
    await (await dispenser.arm(stepsOf([0, 0, 60]), benchLease)).ended;
    expect(told).toBe(after);
    expect(readings.isWiped()).toBe(true);
  });

  it('makes mg of counts exactly, and never a number of 2^31 or more', () => {
    const counts = fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 });
    const perG = fc.integer({ min: -1_000_000, max: 1_000_000 }).filter((n) => n !== 0);
    fc.assert(
      fc.property(counts, perG, (n, g) => {
        const mg = milligrams(n, g);
        expect(Math.abs(mg)).toBeLessThan(2 ** 31);
        if (Math.abs(n / g) < 2_000_000) expect(mg + 0).toBe(Math.trunc((n * 1000) / g) + 0);
      }),
    );
  });
});

describe('the flow meter', () => {
  it('counts from the start of each job', async () => {
    await using bench = await readyBench({ wiring: benchWithSensors });
    const { board, dispenser } = bench;
    const readings = new Readings();
    expect(dispenser.sensors?.flowMeters).toEqual([0]);
    using _watching = dispenser.sensors?.watch(readings, () => undefined);
    board.command('pulse 3 7');
    await until(() => readings.pulses[0] === 7);
    await (await dispenser.arm(stepsOf([0, 0, 20]), benchLease)).ended;
    await until(() => readings.pulses[0] === 0);
    board.command('pulse 3 5');
    await until(() => readings.pulses[0] === 5);
  });
});
