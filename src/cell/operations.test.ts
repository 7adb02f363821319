import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isFailure } from '#shared/failure.ts';
import { failureCodes } from '#shared/failure-codes.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { type CellOperation, cellOperations, serviceOperations } from '#wire/cell-api.ts';
import { openMessage } from '#wire/signed-message.ts';
import type { Operation } from './api/serve.ts';
import { deskOperations, serviceSocketOperations } from './operations.ts';

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
  cell = await world.ready();
});
afterEach(() => cell[Symbol.asyncDispose]());

const names = Object.keys(cellOperations) as CellOperation[];

/** What becomes of a body: an answer as the schema says, or a stable code. Anything else is a bug. */
async function told({ request, answer, run }: Operation, body: unknown): Promise<string> {
  const asked = request.safeParse(body);
  if (!asked.success) return 'message/malformed';
  try {
    encodeCbor(answer.parse(await run(asked.data)));
    return 'answered';
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.code;
  }
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const anyOrder = fc.constantFrom(randomUUID(), randomUUID());
const anyMessage = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.constant(null).map(() => new Uint8Array(90 * 1024)),
);

/** Bodies of the right form with anything in them, for each operation. */
const bodies: Record<CellOperation, fc.Arbitrary<object>> = {
  status: fc.constant({}),
  client_assertion: fc.constant({}),
  tls_grant: fc.record({ spki: bytes(32), nonce: bytes(16) }),
  prekeys: fc.constant({}),
  prekeys_booked: fc.record({ digest: bytes(32) }),
  offer_nonce: fc.record({ recipe: bytes(16), version: fc.integer({ min: 1, max: 0xffff_ffff }) }),
  order: fc.record({ order: anyOrder, offer: anyMessage }),
  time_nonce: fc.constant({}),
  time: fc.record({ message: anyMessage }),
  revocations: fc.record({ message: anyMessage }),
  reserve_at_hand: fc.record({
    order: anyOrder,
    recipe: bytes(16),
    version: fc.integer({ min: 1, max: 9 }),
    manifest: bytes(32),
  }),
  spool_begin: fc.record({ size: fc.integer({ min: 1, max: 1 << 30 }) }),
  spool_chunk: fc.record({ upload: bytes(16), at: fc.maxSafeNat(), bytes: fc.uint8Array({ maxLength: 100 }) }),
  spool_end: fc.record({ upload: bytes(16) }),
  licence: fc.record({ message: anyMessage }),
  reserve: fc.record({ order: anyOrder }),
  check: fc.record({ order: anyOrder }),
  start: fc.record({ order: anyOrder }),
  release: fc.record({ order: anyOrder }),
  stop: fc.record({ order: anyOrder }),
  hold: fc.record({ order: anyOrder }),
  resume: fc.record({ order: anyOrder }),
  outcome: fc.record({ order: anyOrder }),
  outcome_booked: fc.record({ order: anyOrder, message: anyMessage }),
  head: fc.constant({}),
  forgotten: fc.record({ after: fc.maxSafeNat() }),
  outcome_told: fc.record({ kid: bytes(32), message: anyMessage }),
  told_again: fc.constant({}),
  farewell: fc.constant({}),
  farewell_booked: fc.constant({}),
  head_answer: fc.record({ message: anyMessage }),
};

describe('the desk socket', () => {
  it('does what the cell API lists, and nothing else', () => {
    expect([...deskOperations(cell.parts).keys()].sort()).toEqual(names.toSorted());
  });

  it('answers whatever is asked in the right form, or refuses it with a code', async () => {
    const operations = deskOperations(cell.parts);
    const request = fc.constantFrom(...names).chain((name) => bodies[name].map((body) => [name, body] as const));
    await fc.assert(
      fc.asyncProperty(request, async ([name, body]) => {
        const operation = operations.get(name) ?? expect.fail(name);
        expect(['answered', ...failureCodes]).toContain(await told(operation, body));
      }),
      { numRuns: 300 },
    );
    expect(cell.ledger.licences.size + cell.ledger.orders.size).toBe(0);
  });

  it('refuses whatever is asked in another form', async () => {
    const operations = deskOperations(cell.parts);
    const anything = fc.anything({ withBigInt: true, withMap: true, withTypedArray: true, maxDepth: 2 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), anything, async (name, body) => {
        fc.pre(!(typeof body === 'object' && body !== null && Object.keys(body).length === 0));
        expect(await told(operations.get(name) ?? expect.fail(name), body)).toBe('message/malformed');
      }),
      { numRuns: 300 },
    );
  });

  it('gives desk a grant for its TLS key that lives five minutes, whatever desk would like', async () => {
    const [spki, nonce] = [new Uint8Array(32).fill(3), new Uint8Array(16).fill(4)];
    const { grant } = await cell.ask('tls_grant', { spki, nonce });
    const { payload } = openMessage('TLS_GRANT', grant, world.anchors, world.clock.now());
    const { expires, ...rest } = payload;
    expect(rest).toEqual({ machine: world.machine, spki, nonce });
    expect(expires - world.clock.now()).toBeLessThanOrEqual(300_000);
    expect(expires - world.clock.now()).toBeGreaterThan(290_000);
  });

  it('tells of the machine what anyone may know', async () => {
    const order = await cell.buy();
    await cell.ask('reserve', { order });
    const status = await cell.ask('status', {});
    expect(status).toMatchObject({
      machine: world.machine,
      machine_class: 'beverage',
      state: 'idle',
      token: { class: 'soft', profile: 'H', serial: 'stub-1' },
      prekeys: { free: 2, assigned: 1 },
      licences: [{ seq: 1, unused: 1 }],
      last_seq: 1,
      unfinished: [{ order, stage: 'reserved' }],
    });
    expect(status.lines.map(({ ingredient, max_flow_ul_per_s }) => [ingredient, max_flow_ul_per_s])).toEqual([
      ['cola', 10_000],
      ['milk', 10_000],
      ['orange-juice', 10_000],
      ['vodka', 10_000],
    ]);
  });
});

describe('the technician’s socket', () => {
  const ask = (name: keyof typeof serviceOperations, body: unknown) =>
    told(serviceSocketOperations(cell.parts).get(name) ?? expect.fail(name), body);
  const shown = async (line: number) => (await cell.ask('status', {})).lines.find((one) => one.line === line)?.stock_ul;

  it('does what its API lists, and nothing of desk’s but the status', () => {
    expect([...serviceSocketOperations(cell.parts).keys()].sort()).toEqual(Object.keys(serviceOperations).sort());
    expect(names).not.toContain('stock_set');
  });

  it('sets the stock of a line that exists, with the name of who did', async () => {
    expect(await ask('stock_set', { line: 2, stock_ul: 123_000, who: 'ada' })).toBe('answered');
    expect(await shown(2)).toBe(123_000);
    expect(await shown(1)).toBe(1_000_000);
    expect(await ask('stock_set', { line: 9, stock_ul: 1, who: 'ada' })).toBe('dispenser/unknown-pump');
    expect(await ask('stock_set', { line: 2, stock_ul: -1, who: 'ada' })).toBe('message/malformed');
    expect(await ask('stock_set', { line: 2, stock_ul: 1, who: '' })).toBe('message/malformed');
  });

  it('tells the status', async () => {
    expect(await ask('status', {})).toBe('answered');
  });

  it('proves the journal as it lies on the disk', async () => {
    const operation = serviceSocketOperations(cell.parts).get('journal_verify');
    const journal = cell.parts.books.journal.head();
    expect(await operation?.run({})).toEqual({ entries: journal.index, journal });
    const bytes = world.disk.bytes('journal/journal.log');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    await using file = await world.disk.open('journal/journal.log');
    await file.writeAt(0, bytes);
    expect(await ask('journal_verify', {})).toBe('journal/broken');
  });
});
