import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/node/system-clock.ts';
import { TestAsker } from '#tests/support/cell/service-asker.ts';
import { Bar } from './support/bar.ts';

/** 2018: while a pump runs for 2 s the whole server answers nobody for 2,002 ms; and it runs a pump 99. */
const mostMs = 500;

describe('a run of some seconds', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  const real = { simulation: { seed: 1, speed: 1, noise: false } };

  it('keeps nobody waiting: the status is answered all the while', async () => {
    await using machine = await bar.machine(real);
    const technician = new TestAsker();
    let isOver = false;
    const job = machine.cell
      .askAtConsole('service_run', { program: 'prime', lines: [1], ul: 20_000, who: 'ada' }, technician)
      .finally(() => {
        isOver = true;
      });
    await technician.inPhase('flow');
    const states = new Set<string>();
    let longest = 0;
    let answers = 0;
    while (!isOver) {
      const begin = systemClock.monotonic();
      const { promise: turn, resolve } = Promise.withResolvers<void>();
      setImmediate(resolve);
      await turn;
      states.add((await machine.cell.ask('status', {})).state);
      longest = Math.max(longest, systemClock.monotonic() - begin);
      answers += 1;
    }
    expect(await job).toMatchObject({ result: 'done', lines: [{ line: 1, ul: 20_000 }] });
    expect(states).toContain('service');
    expect(answers).toBeGreaterThan(100);
    expect(longest).toBeLessThan(mostMs);
  });

  it('of a pump that the machine does not have is refused, and nothing moves', async () => {
    await using machine = await bar.machine();
    const run = (line: number, ul: number) =>
      machine.cell.askAtConsole('service_run', { program: 'prime', lines: [line], ul, who: 'ada' });
    await expect(run(9, 5_000)).rejects.toMatchObject({ code: 'dispenser/unknown-pump' });
    await expect(run(99, 5_000)).rejects.toThrow(/64/);
    await machine.stoodStill();
  });
});
