import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import { TestAsker } from '#tests/support/cell/service-asker.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';

let world: CellWorld;
let cell: TestCell;

beforeAll(async () => {
  world = await cellWorld('stub');
  // machine time as the clock has it: a prime of 100 ml would take ten seconds
  cell = await world.ready({ simulation: { seed: 1, speed: 1, noise: false } });
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const prime = (asker: TestAsker, changes: object = {}) =>
  cell.askAtConsole('service_run', { program: 'prime', lines: [1], ul: 100_000, who: 'ada', ...changes }, asker);
const lastEnded = () => cell.ledger.service.open;

it('switches the outputs off when the connection that asked closes, and writes down what had flowed', async () => {
  const asker = new TestAsker();
  const job = prime(asker);
  await asker.inPhase('flow');
  expect(await cell.dispenser.readBack()).toBe(1);
  expect((await cell.ask('status', {})).state).toBe('service');
  asker.leave();
  const ended = await job;
  expect(ended).toMatchObject({ result: 'stopped', reason: 'walked-away' });
  expect(await cell.dispenser.readBack()).toBe(0);
  expect(lastEnded()).toBe(null);
  expect(ended.lines[0]?.ul).toBeLessThan(50_000);
  expect(Math.abs((ended.lines[0]?.ul ?? 0) - (cell.dispenser.weigh()[0] ?? 0))).toBeLessThan(2);
  expect((await cell.ask('status', {})).state).toBe('idle');
});

it('moves nothing for a connection that was closed before the job began', async () => {
  const asker = new TestAsker();
  asker.leave();
  const before = cell.ledger.service.jobs;
  await expect(prime(asker)).rejects.toMatchObject({ code: 'machine/cell-unreachable' });
  expect(cell.ledger.service.jobs).toBe(before);
});

it('is over at once, and done, when somebody stops what was to run until then', async () => {
  const asker = new TestAsker();
  const job = prime(asker, { ul: undefined, hold: true });
  await asker.inPhase('flow');
  expect(await cell.askAtConsole('service_stop', {})).toEqual({ stopped: true });
  expect(await cell.dispenser.readBack()).toBe(0);
  expect(await job).toMatchObject({ result: 'done', reason: '' });
  expect(await cell.askAtConsole('service_stop', {})).toEqual({ stopped: false });
});

it('moves nothing when it is stopped before it was written down', async () => {
  const before = cell.dispenser.weigh()[0];
  const { books } = cell.parts;
  const append = books.append.bind(books);
  const written = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  books.append = async (entry) => {
    asked.resolve();
    await written.promise;
    await append(entry);
  };
  const job = prime(new TestAsker());
  await asked.promise;
  const stopped = cell.askAtConsole('service_stop', {});
  written.resolve();
  expect(await stopped).toEqual({ stopped: true });
  expect(await job).toMatchObject({ result: 'stopped', reason: 'technician' });
  expect(cell.dispenser.weigh()[0]).toBe(before);
  books.append = append;
});

it('ends with the cell', async () => {
  const asker = new TestAsker();
  const job = prime(asker);
  await asker.inPhase('flow');
  await cell[Symbol.asyncDispose]();
  expect(await job).toMatchObject({ result: 'stopped', reason: 'cell' });
  cell = await world.boot();
  expect(cell.ledger.service).toMatchObject({ open: null, jobs: 4 });
});
