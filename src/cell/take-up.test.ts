import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { microlitres } from '#shared/units.ts';
import type { LogFields } from '#shared/log.ts';
import { silentLog } from '#shared/log.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { openBooks } from './books.ts';
import type { Executor } from './executor/executor.ts';
import { takeUp } from './take-up.ts';

let world: CellWorld;
let blank: MemoryDisk;
let order: string;

beforeAll(async () => {
  world = await cellWorld('stub');
  const cell = await world.ready();
  order = await cell.buy();
  await cell.ask('reserve', { order });
  const { kid } = cell.useOf(order);
  await cell.parts.books.append({ kind: 'BURNED', kid, stock: [] });
  await cell.parts.books.append({ kind: 'PIECE_STARTED', kid, piece: 1 });
  await cell[Symbol.asyncDispose]();
  blank = world.disk;
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.disk = blank.copy();
});

const executorOf = (leftover: Executor['leftover'], configured: string[] = []): Executor => ({
  ready: async () => undefined,
  configure: async () => void configured.push('configured'),
  leftover: async () => {
    configured.push('asked');
    return leftover();
  },
  forgetLeftover: async () => void configured.push('forgotten'),
  open: () => {
    throw new Failure('machine/no-grant');
  },
  openService: () => {
    throw new Failure('machine/no-grant');
  },
});

async function takenUp(leftover: Executor['leftover'], steps: string[] = []) {
  const said: [string, LogFields | undefined][] = [];
  const warn = (event: string, fields?: LogFields): void => void said.push([event, fields]);
  const { token, disk, clock, config } = world;
  await using books = await openBooks(disk);
  const log = { ...silentLog, warn };
  await takeUp({ token, books, config, clock, log, executor: executorOf(leftover, steps) });
  const use = [...books.ledger.uses.values()].find((one) => one.order === order);
  return { use, said: said.map(([event]) => event), codes: said.map(([, fields]) => fields?.['code']) };
}

describe('a start behind a power cut in a piece', () => {
  it('asks the far end what it delivered before it is configured anew, and lets it forget when that is written down', async () => {
    const steps: string[] = [];
    const { use } = await takenUp(async () => ({ job: 1, delivered_ul: microlitres(47_000) }), steps);
    expect(use?.spent).toMatchObject({ result: 'partial', delivered_ul: 0, reason: 'power-cut' });
    expect(steps).toEqual(['asked', 'configured', 'forgotten']);
  });

  it('claims the use when the far end is sure that nothing was delivered', async () => {
    const { use } = await takenUp(async () => ({ job: 1, delivered_ul: microlitres(0) }));
    expect(use).toMatchObject({ stage: 'void', spent: null });
  });

  it('counts the drink as begun when the far end does not know', async () => {
    expect((await takenUp(async () => null)).use?.spent).toMatchObject({ result: 'partial', delivered_ul: 0 });
  });

  it('counts the drink as begun when the far end does not answer, and says so', async () => {
    const { use, said, codes } = await takenUp(() => Promise.reject(new Failure('dispenser/failed')));
    expect(use?.spent).toMatchObject({ result: 'partial' });
    expect(said[0]).toBe('the far end does not say what it executed');
    expect(codes[0]).toBe('dispenser/failed');
  });

  it('breaks on a bug', async () => {
    await expect(takenUp(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
  });

  it('says how much of the journal was torn', async () => {
    const bytes = world.disk.bytes('journal/journal.log');
    world.disk.put('journal/journal.log', new Uint8Array([...bytes, 1, 2, 3]));
    const { said } = await takenUp(async () => null);
    expect(said[0]).toBe('torn journal entry cut off');
  });
});

describe('a cell', () => {
  it('does not start with the configuration of another machine', async () => {
    const { machine } = world.config;
    await expect(world.boot({ machine: { ...machine, id: 'other' } })).rejects.toMatchObject({
      code: 'machine/not-provisioned',
    });
    expect(world.disk.openFiles).toBe(0);
  });

  it('does not start with a broken journal, and lets everything go', async () => {
    const bytes = world.disk.bytes('journal/journal.log');
    bytes[12] = (bytes[12] ?? 0) ^ 1;
    world.disk.put('journal/journal.log', bytes);
    await expect(world.boot()).rejects.toMatchObject({ code: 'journal/broken' });
    expect(world.disk.openFiles).toBe(0);
  });
});
