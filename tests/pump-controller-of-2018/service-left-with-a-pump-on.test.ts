import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestAsker } from '#tests/support/cell/service-asker.ts';
import { Bar } from './support/bar.ts';

/** 2018: whoever leaves the service mode with a pump on leaves the pump on. */
describe('service that is left with a pump on', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  const real = { simulation: { seed: 1, speed: 1, noise: false } };

  it('leaves no pump on: the job ends with the connection of whoever asked, and drinks are sold again', async () => {
    await using machine = await bar.machine(real);
    const technician = new TestAsker();
    const job = machine.cell.askAtConsole(
      'service_run',
      { program: 'prime', lines: [2], hold: true, who: 'ada' },
      technician,
    );
    await technician.inPhase('flow');
    expect(await machine.cell.dispenser.readBack()).toBe(2);
    technician.leave();
    expect(await job).toMatchObject({ result: 'stopped', reason: 'walked-away' });
    expect(await machine.cell.dispenser.readBack()).toBe(0);
    expect(await machine.cell.ask('status', {})).toMatchObject({ state: 'idle' });
    await machine.restart({});
    await machine.nextPoursExactly();
  });

  it('cannot be entered by a drink meanwhile: the order waits, and nothing of the job is in the glass', async () => {
    await using machine = await bar.machine(real);
    machine.offer(bar.world.drink);
    await machine.cell.upload(bar.world.drink.file);
    const order = await machine.cell.buy();
    const technician = new TestAsker();
    const job = machine.cell.askAtConsole(
      'service_run',
      { program: 'prime', lines: [2], hold: true, who: 'ada' },
      technician,
    );
    await technician.inPhase('flow');
    await expect(machine.cell.ask('check', { order })).rejects.toMatchObject({ code: 'machine/busy' });
    technician.leave();
    await job;
    await machine.cell.ask('check', { order });
  });
});
