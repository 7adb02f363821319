import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { openMessage } from '#wire/signed-message.ts';
import type { Entry } from './journal/entry.ts';

let world: CellWorld;
let cell: TestCell;
let blank: MemoryDisk;

beforeAll(async () => {
  world = await cellWorld('stub');
  blank = world.disk;
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.disk = blank.copy();
  world.token.before = () => {};
  cell = await world.ready();
});
afterEach(() => cell[Symbol.asyncDispose]());

const spent = { result: 'partial', reason: 'machine/glass-missing', pieces: 3, ordered_ul: 9000, delivered_ul: 8000 };

/** An order whose use has ended, as written down. */
async function ended(how: 'SPENT' | 'VOIDED'): Promise<string> {
  const order = await cell.buy();
  await cell.ask('reserve', { order });
  const { kid } = cell.useOf(order);
  await cell.parts.books.append({ kind: 'BURNED', kid, stock: [] });
  const entry = {
    SPENT: { kind: 'SPENT', kid, ...spent, started: 5000, ended: 10_000 },
    VOIDED: { kind: 'VOIDED', kid, reason: 'power-cut', pieces: 0, at: 1 },
  }[how] as Entry;
  await cell.parts.books.append(entry);
  return order;
}

const outcome = (order: string) => cell.ask('outcome', { order });
const book = (order: string, message: Uint8Array) => cell.ask('outcome_booked', { order, message });
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? 'no failure',
  );
const unfinished = async () => (await cell.ask('status', {})).unfinished.map(({ stage }) => stage);

describe('the outcome of a use', () => {
  it('that was poured is a USAGE with totals only', async () => {
    const order = await ended('SPENT');
    const { batch, message } = await outcome(order);
    const { kid, cti } = cell.useOf(order);
    expect(batch).toEqual({ order, cti, ...spent, void_claim: false });
    const { payload } = openMessage('USAGE', message, world.anchors, world.clock.now());
    const { journal, ...rest } = payload;
    expect(rest).toEqual({ machine: world.machine, cti, kid, ...spent, started: 5000, ended: 10_000 });
    expect(cell.parts.books.journal.headAt(journal.index)).toEqual(journal);
  });

  it('that was burned for nothing is a VOID_CLAIM', async () => {
    const order = await ended('VOIDED');
    const { batch, message } = await outcome(order);
    const { kid, cti } = cell.useOf(order);
    expect(batch).toMatchObject({
      order,
      cti,
      result: 'failed',
      reason: 'power-cut',
      delivered_ul: 0,
      void_claim: true,
    });
    const { payload } = openMessage('VOID_CLAIM', message, world.anchors, world.clock.now());
    expect(payload).toMatchObject({ machine: world.machine, cti, kid, pieces: 0, reason: 'power-cut' });
  });

  it.each(['SPENT', 'VOIDED'] as const)(
    '%s is signed once: repeats, also at once and after a restart, are the same',
    async (how) => {
      const order = await ended(how);
      const [first, second] = await Promise.all([outcome(order), outcome(order)]);
      expect(second).toEqual(first);
      const { count } = cell.ledger;
      await cell[Symbol.asyncDispose]();
      cell = await world.boot();
      expect(await outcome(order)).toEqual(first);
      expect(cell.ledger.count).toBe(count + 1);
    },
  );

  it('is written down before it is told', async () => {
    const order = await ended('SPENT');
    world.disk.refuse = (step) => step === 'sync';
    expect(await refusal(outcome(order))).toBe('disk/failed');
  });

  it('is not known of an order that has none, or not yet', async () => {
    expect(await refusal(outcome(randomUUID()))).toBe('order/unknown');
    const order = await cell.buy();
    expect(await refusal(outcome(order))).toBe('order/unknown');
    await cell.ask('reserve', { order });
    expect(await refusal(outcome(order))).toBe('order/wrong-state');
    expect(await refusal(book(order, new Uint8Array(1)))).toBe('order/wrong-state');
  });

  it('can be asked for again when the token could not sign it', async () => {
    const order = await ended('SPENT');
    world.token.before = (step) => {
      if (step === 'sign') throw new Failure('token/failed', { operation: 'sign' });
    };
    expect(await refusal(outcome(order))).toBe('token/failed');
    world.token.before = () => {};
    expect((await outcome(order)).batch.result).toBe('partial');
  });
});

describe('an outcome', () => {
  it('is booked by the receipt for exactly this USAGE', async () => {
    const order = await ended('SPENT');
    const { batch, message } = await outcome(order);
    expect(await unfinished()).toEqual(['spent']);
    await book(order, await world.market.receipt(world.machine, message, batch.cti));
    expect(await unfinished()).toEqual([]);
    const { count } = cell.ledger;
    await book(order, await world.market.receipt(world.machine, message, batch.cti));
    expect(cell.ledger.count).toBe(count);
  });

  it('is booked by the refusal of exactly this claim', async () => {
    const order = await ended('VOIDED');
    const { message } = await outcome(order);
    expect(await unfinished()).toEqual(['void']);
    await book(order, await world.market.refusal(world.machine, message));
    expect(await unfinished()).toEqual([]);
    expect((await outcome(order)).message).toEqual(message);
  });

  it('is not booked by an answer to another, by a bent one, or by anybody else', async () => {
    const order = await ended('SPENT');
    const other = await ended('SPENT');
    const { batch, message } = await outcome(order);
    const { message: theirs } = await outcome(other);
    const { machine, market } = world;
    const right = await market.receipt(machine, message, batch.cti);
    const wrong = [
      await market.receipt(machine, theirs, batch.cti),
      await market.refusal(machine, theirs),
      await market.witness(machine, cell.parts.books.journal.head()),
      message,
      right.subarray(0, -1),
    ];
    for (const answer of wrong) {
      expect(['message/not-authentic', 'message/malformed']).toContain(await refusal(book(order, answer)));
    }
    expect(await unfinished()).toEqual(['spent', 'spent']);
  });

  it('is not booked before it was told', async () => {
    const order = await ended('SPENT');
    const answer = await world.market.receipt(world.machine, new Uint8Array(0), new Uint8Array(16));
    expect(await refusal(book(order, answer))).toBe('message/not-authentic');
  });
});
