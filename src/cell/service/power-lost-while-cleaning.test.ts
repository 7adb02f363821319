import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { SimDispenser } from '#firmware-bridge/sim/sim-dispenser.ts';
import type { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { openBooks } from '#cell/books.ts';
import { createExecutor } from '#cell/executor/executor.ts';
import { machineModel } from '#cell/machine-model.ts';
import { takeUp } from '#cell/take-up.ts';
import { silentLog } from '#shared/log.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import { TestAsker } from '#tests/support/cell/service-asker.ts';
import { openSeal } from '#tests/support/totals-seal.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';

const journal = 'journal/journal.log';
let world: CellWorld;
let blank: MemoryDisk;

beforeAll(async () => {
  world = await cellWorld('stub');
  blank = world.disk;
});
beforeEach(() => {
  world.disk = blank.copy();
});
afterAll(() => world[Symbol.asyncDispose]());

/** What lies on the card when the power goes in that phase of a cleaning. */
async function cut(phase: string): Promise<MemoryDisk> {
  const pumps = world.config.pumps.map((pump) => ({ ...pump, dead_volume_ul: 20_000 }));
  const cell = await world.ready({ pumps, simulation: { seed: 1, speed: 4, noise: false } });
  const asker = new TestAsker();
  const clean = { product: 'Acid A', contact_seconds: 1, rinse_ul: 80_000, who: 'ada' };
  const job = cell.askAtConsole('service_run', { program: 'clean', lines: [2], ...clean }, asker);
  await asker.inPhase(phase);
  const card = world.disk.copy();
  asker.leave();
  await job;
  await cell[Symbol.asyncDispose]();
  return card;
}

it.each(['product', 'contact', 'rinse'])(
  'leaves the line dirty in the book and the job cut off, when the power goes in phase %s',
  async (phase) => {
    world.disk = await cut(phase);
    const cell = await world.boot({
      cleaning: { every_hours: 24, product: 'Acid A', contact_seconds: 1, rinse_ul: 1 },
    });
    expect(cell.ledger.service).toMatchObject({ open: null, jobs: 1 });
    expect(cell.ledger.service.cleanings.size).toBe(0);
    expect((await cell.ask('status', {})).lines[1]).toMatchObject({ blocked_by: 'cleaning', cleaned: null });
    // the next job has the next number
    const { job } = await cell.askAtConsole('service_run', { program: 'test', lines: [1], who: 'ada' });
    expect(job).toBe(2);
    await cell[Symbol.asyncDispose]();
  },
);

it('counts as waste what the far end says that its last job executed', async () => {
  await using books = await openBooks(world.disk);
  const lines = [{ line: 2, max_ul: 50_000, max_ms: 60_000 }];
  await books.append({ kind: 'SERVICE_STARTED', job: 9, program: 'prime', lines, who: 'ada', at: 1 });
  const { config, token, clock } = world;
  const dispenser = {
    stop: async () => {},
    configure: async () => {},
    forgetLastJob: async () => {},
    lastJob: async (doses: DoseBuffer) => {
      doses.count = 1;
      doses.pump[0] = 1;
      doses.drive[0] = 1000;
      doses.onUs[0] = 3_000_000;
      return { job: 4, end: { t: 'stopped' } };
    },
  } as unknown as SimDispenser;
  const executor = createExecutor({ dispenser, clock, log: silentLog, token: openSeal, machine: machineModel(config) });
  await takeUp({ token, books, executor, config, clock, log: silentLog });
  expect(books.ledger.service.open).toBe(null);
  expect(books.ledger.service.waste.get('prime 2')).toBe(30_000);
  expect(books.ledger.service.hoses.get(2)).toMatchObject({ ul: 30_000, ms: 3_000 });
});

it('leaves no job open and no cleaning that was not whole, at whichever byte the journal ends', async () => {
  const pumps = world.config.pumps.map((pump) => ({ ...pump, dead_volume_ul: 20_000 }));
  const cell = await world.ready({ pumps });
  const before = world.disk.bytes(journal).length;
  const clean = { product: 'Acid A', contact_seconds: 1, rinse_ul: 80_000, who: 'ada' };
  await cell.askAtConsole('service_run', { program: 'clean', lines: [2], ...clean });
  await cell[Symbol.asyncDispose]();
  const bytes = world.disk.bytes(journal);
  const seen = new Set<string>();
  for (let end = before; end <= bytes.length; end += 1) {
    const disk = new MemoryDisk({ [journal]: bytes.slice(0, end) });
    await using books = await openBooks(disk);
    const { open, cleanings, jobs } = books.ledger.service;
    seen.add(`${jobs} ${open === null ? 'closed' : 'open'} ${cleanings.size}`);
    // ended and not yet in the book is dirty: nobody would know how long the product was in
    expect(open !== null && cleanings.size > 0).toBe(false);
  }
  expect([...seen]).toEqual(['0 closed 0', '1 open 0', '1 closed 0', '1 closed 1']);
});
