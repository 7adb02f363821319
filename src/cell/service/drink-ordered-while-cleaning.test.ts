import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import { TestAsker } from '#tests/support/cell/service-asker.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';

let world: CellWorld;
let cell: TestCell;

beforeAll(async () => {
  world = await cellWorld('soft');
  const pumps = world.config.pumps.map((pump) => ({ ...pump, dead_volume_ul: 20_000 }));
  cell = await world.ready({ pumps });
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const clean = (asker: TestAsker) =>
  cell.askAtConsole(
    'service_run',
    {
      program: 'clean',
      lines: [1, 2],
      product: 'Acid A',
      contact_seconds: 1,
      rinse_ul: 50_000,
      swap: true,
      who: 'ada',
    },
    asker,
  );

it('waits until the lines are clean, and is poured then: paid for, licensed and poured once', async () => {
  const asker = new TestAsker();
  const job = clean(asker);
  await asker.inPhase('swap');
  const order = await cell.buy();
  await cell.ask('reserve', { order });
  await expect(cell.ask('check', { order })).rejects.toMatchObject({ code: 'machine/busy' });
  await expect(cell.ask('start', { order })).rejects.toMatchObject({ code: 'order/wrong-state' });
  expect(cell.useOf(order).stage).toBe('reserved');
  // the container is changed with the door open; nothing goes on until it is shut and somebody says so
  cell.dispenser.touch({ door: 'open' });
  await expect(cell.askAtConsole('service_continue', {})).rejects.toMatchObject({ code: 'machine/interlock-open' });
  cell.dispenser.touch({ door: 'made' });
  expect(await cell.dispenser.readBack()).toBe(0);
  expect(await cell.askAtConsole('service_continue', {})).toEqual({ continued: true });
  expect(await job).toMatchObject({ result: 'done', cleaned: [1, 2] });
  await cell.ask('check', { order });
  await cell.ask('start', { order });
  expect(await cell.done(order)).toMatchObject({ result: 'ok' });
});

it('is before any service job once it is checked, and while it is poured', async () => {
  const order = await cell.checked();
  await expect(clean(new TestAsker())).rejects.toMatchObject({
    code: 'machine/busy',
    facts: { reason: 'a drink waits for its start' },
  });
  cell.dispenser.inject({ t: 'glass-removed', after_ms: 100, for_ms: null });
  await cell.ask('start', { order });
  await expect(clean(new TestAsker())).rejects.toMatchObject({
    code: 'machine/busy',
    facts: { reason: 'a drink is poured' },
  });
  await cell.done(order);
  cell.dispenser.touch({ glass: 'made' });
  const jobs = cell.ledger.service.jobs;
  const asker = new TestAsker();
  const job = clean(asker);
  await asker.inPhase('swap');
  await expect(clean(new TestAsker())).rejects.toMatchObject({ facts: { reason: 'a service job runs' } });
  expect(await cell.askAtConsole('service_stop', {})).toEqual({ stopped: true });
  expect(await job).toMatchObject({ result: 'stopped', reason: 'technician', cleaned: [] });
  expect(cell.ledger.service.jobs).toBe(jobs + 1);
});
