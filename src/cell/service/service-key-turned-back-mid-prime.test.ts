import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import { TestAsker } from '#tests/support/cell/service-asker.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';

let world: CellWorld;
let cell: TestCell;

beforeAll(async () => {
  world = await cellWorld('stub');
  const hardware = { ...world.config.hardware, service_key: 'gpio.4:low:pu' };
  cell = await world.ready({ hardware, simulation: { seed: 1, speed: 1, noise: false } });
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const prime = (asker = new TestAsker()) => {
  const job = cell.askAtConsole('service_run', { program: 'prime', lines: [1, 2], ul: 80_000, who: 'ada' }, asker);
  return { asker, job };
};

it('moves nothing while the key is not turned', async () => {
  await expect(prime().job).rejects.toMatchObject({ code: 'service/key-missing' });
  expect(cell.ledger.service.jobs).toBe(0);
});

it('ends the job when the key is turned back, and does not go on when it is turned again', async () => {
  cell.dispenser.touch({ serviceKey: 'made' });
  const { asker, job } = prime();
  await asker.inPhase('flow');
  cell.dispenser.touch({ serviceKey: 'open' });
  cell.dispenser.touch({ serviceKey: 'made' });
  expect(await job).toMatchObject({ result: 'stopped', reason: 'service/key-missing' });
  expect(await cell.dispenser.readBack()).toBe(0);
});

it('ends when a door opens, and does not mind that there is no glass', async () => {
  cell.dispenser.touch({ glass: 'open' });
  const { asker, job } = prime();
  await asker.inPhase('flow');
  expect(await cell.dispenser.readBack()).toBe(3);
  cell.dispenser.touch({ door: 'open' });
  expect(await job).toMatchObject({ result: 'stopped', reason: 'machine/interlock-open' });
  expect(await cell.dispenser.readBack()).toBe(0);
  await expect(prime().job).rejects.toMatchObject({ code: 'machine/interlock-open' });
});
