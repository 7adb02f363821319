import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import type { EntryOf } from '../journal/entry.ts';

const count = 20;
const pageSize = 16;

interface Sold {
  readonly order: string;
  readonly message: Uint8Array;
}

/** What can happen to the post between licensing and cell. */
type Step =
  /** The broker brings one, perhaps not for the first time. */
  | { readonly t: 'push'; readonly n: number }
  /** Desk fetches the page after the last that is stored; all from `lost` on get lost. */
  | { readonly t: 'fetch'; readonly lost: number }
  /** Two ways bring one at once. */
  | { readonly t: 'both'; readonly n: number }
  /** The process ends; `cut`: with the power. */
  | { readonly t: 'restart'; readonly cut: boolean };

const anySteps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ t: fc.constant('push' as const), n: fc.nat(count - 1) }) },
    { weight: 3, arbitrary: fc.record({ t: fc.constant('fetch' as const), lost: fc.nat(pageSize) }) },
    { weight: 2, arbitrary: fc.record({ t: fc.constant('both' as const), n: fc.nat(count - 1) }) },
    { weight: 1, arbitrary: fc.record({ t: fc.constant('restart' as const), cut: fc.boolean() }) },
  ),
  { maxLength: 40 },
);

let world: CellWorld;
let cell: TestCell;
let sold: readonly Sold[];
let start: MemoryDisk;

beforeAll(async () => {
  world = await cellWorld('stub');
  const { token } = world.config;
  cell = await world.ready({ token: { ...token, prekey_pool: { low: 32, batch: 32 } } });
  const kids = cell.freeKids(count);
  const made: Sold[] = [];
  for (const [i, kid] of kids.entries()) {
    const { order, message } = await cell.order();
    const because = { order: sha256(message) };
    const claims = await world.market.claims(world.machine, world.drink, because, [kid], { seq: i + 1 });
    made.push({ order, message: await world.market.licence(claims) });
  }
  sold = made;
  start = world.disk.copy();
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const bring = (n: number): Promise<string> =>
  refusal(cell.ask('licence', { message: sold[n]?.message ?? new Uint8Array(0) }));

/** GET /licences?after=last, as desk does it, as far as it comes through. */
async function fetchPage(lost = pageSize): Promise<void> {
  const { last_seq: last } = await cell.ask('status', {});
  for (let n = last; n < Math.min(count, last + Math.min(pageSize, lost)); n += 1)
    expect(await bring(n)).toBe('accepted');
}

async function boot(disk: MemoryDisk): Promise<void> {
  await cell[Symbol.asyncDispose]();
  world.disk = disk;
  cell = await world.boot();
}

async function take(step: Step): Promise<void> {
  switch (step.t) {
    case 'push':
      expect(await bring(step.n)).toBe(step.n > cell.ledger.lastSeq ? 'licence/gap' : 'accepted');
      return;
    case 'fetch':
      return fetchPage(step.lost);
    case 'both': {
      const expected = step.n > cell.ledger.lastSeq ? 'licence/gap' : 'accepted';
      expect(await Promise.all([bring(step.n), bring(step.n)])).toEqual([expected, expected]);
      return;
    }
    case 'restart':
      return boot(step.cut ? world.disk.afterPowerCut() : world.disk);
  }
}

/** Spends the use of an order in the journal, as a pour does. */
async function spend(order: string): Promise<string> {
  const { kid } = cell.useOf(order);
  const over: Omit<EntryOf<'SPENT'>, 'kid'> = {
    kind: 'SPENT',
    result: 'ok',
    reason: '',
    pieces: 1,
    ordered_ul: 1,
    delivered_ul: 1,
    started: 0,
    ended: 0,
  };
  await cell.parts.books.append({ kind: 'BURN_INTENT', kid, at: 1 });
  await cell.parts.books.append({ kind: 'BURNED', kid, stock: [] });
  await cell.parts.books.append({ ...over, kid });
  await cell.parts.books.append({ kind: 'OUTCOME_BOOKED', kid, at: 1 });
  return hex(kid);
}

const acks = async (): Promise<unknown[]> => {
  const told = [];
  for (const { message } of sold) {
    const { ack } = await cell.ask('licence', { message });
    told.push(openMessage('ACK', ack, world.anchors, world.clock.now()).payload);
  }
  return told;
};

describe('twenty licences', () => {
  it('mixed, repeated, lost and with restarts between them end all stored once and acknowledged', async () => {
    await fc.assert(
      fc.asyncProperty(anySteps, async (steps) => {
        await boot(start.copy());
        const before = cell.ledger.count;
        let boots = 0;
        for (const step of steps) {
          if (step.t === 'restart') boots += 1;
          await take(step);
        }
        // what was pushed last may have been lost: the list at licensing is the truth
        while (cell.ledger.lastSeq < count) await fetchPage();
        const { licences, uses } = cell.ledger;
        expect([...licences.values()].map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
        expect(cell.ledger.count).toBe(before + boots + count);
        expect([...uses.values()].filter(({ stage }) => stage === 'granted')).toHaveLength(count);
        expect(world.disk.paths.filter((path) => /^licences\/\d/.test(path))).toHaveLength(count);
        const told = await acks();
        expect(told).toMatchObject(Array.from({ length: count }, (_, i) => ({ seq: i + 1 })));
        await boot(world.disk.afterPowerCut());
        expect(cell.ledger.licences.size).toBe(count);
      }),
      { numRuns: 8 },
    );
  });

  it('can each be spent once, whatever comes again afterwards, and get the same ACK again', async () => {
    await boot(start.copy());
    await fetchPage();
    await fetchPage();
    const spent = new Set<string>();
    for (const { order } of sold) {
      await cell.ask('reserve', { order });
      spent.add(await spend(order));
    }
    expect(spent.size).toBe(count);
    const told = await acks();
    await boot(world.disk.afterPowerCut());
    expect(await acks()).toEqual(told);
    for (const { order } of sold) {
      expect(await refusal(cell.ask('reserve', { order }))).toBe('licence/spent');
    }
    expect([...cell.ledger.uses.values()].filter(({ stage }) => stage === 'spent')).toHaveLength(count);
  });
});
