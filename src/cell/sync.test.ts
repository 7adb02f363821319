import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { followJournal, origin } from '#marketplace/licensing/follow-journal.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { openMessage } from '#wire/signed-message.ts';

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

const head = async () =>
  openMessage('HEAD', (await cell.ask('head', {})).message, world.anchors, world.clock.now()).payload;
const answer = (message: Uint8Array) => cell.ask('head_answer', { message });
const grow = async (count: number): Promise<void> => {
  const set = { kind: 'STOCK_SET', line: 1, stock_ul: 1, who: 'ada', at: 1 } as const;
  await Promise.all(Array.from({ length: count }, () => cell.parts.books.append(set)));
};

describe('HEAD', () => {
  it('leads from the beginning to where the journal stands', async () => {
    const { since, links, journal, epoch } = await head();
    expect([since, epoch]).toEqual([null, 0]);
    expect(journal).toEqual(cell.parts.books.journal.head());
    expect(followJournal(origin, links, journal, null)).toEqual({ tag: 'continues' });
  });

  it('leads on from the last head that was countersigned', async () => {
    const first = await head();
    expect(await answer(await world.market.witness(world.machine, first.journal))).toMatchObject({
      quarantined: false,
    });
    await grow(3);
    const { since, links, journal } = await head();
    expect(since).toEqual(first.journal);
    expect(links).toHaveLength(4);
    expect(followJournal(first.journal, links, journal, first.journal)).toEqual({ tag: 'continues' });
  });

  it('leads only so far when there is more than one message can hold, and the rest follows', async () => {
    await grow(2500);
    let remembered: { index: number; head: Uint8Array } | null = null;
    const stations: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const { since, links, journal } = await head();
      expect(since).toEqual(remembered);
      expect(followJournal(since ?? origin, links, journal, remembered)).toEqual({ tag: 'continues' });
      await answer(await world.market.witness(world.machine, journal));
      remembered = journal;
      stations.push(links.length);
    }
    expect(stations[0]).toBe(2048);
    expect(stations[1]).toBe(cell.ledger.count - 2 - 2048);
    expect(stations[2]).toBe(1);
  });
});

describe('WITNESS', () => {
  it('is written down once, and never for less than before', async () => {
    const { journal: early } = await head();
    await grow(2);
    const { journal: late } = await head();
    await answer(await world.market.witness(world.machine, late));
    const { count } = cell.ledger;
    await answer(await world.market.witness(world.machine, late));
    await answer(await world.market.witness(world.machine, early));
    expect(cell.ledger.witnessed).toEqual(late);
    expect(cell.ledger.count).toBe(count);
  });

  it('told twice at once is written down once', async () => {
    const witness = await world.market.witness(world.machine, (await head()).journal);
    const { count } = cell.ledger;
    await Promise.all([answer(witness), answer(witness)]);
    expect(cell.ledger.count).toBe(count + 1);
  });

  it('of another machine, another journal or a head to come is refused', async () => {
    const { journal } = await head();
    const refused = { code: 'message/not-authentic' };
    await expect(answer(await world.market.witness('other', journal))).rejects.toMatchObject(refused);
    const forked = { ...journal, head: new Uint8Array(32).fill(1) };
    await expect(answer(await world.market.witness(world.machine, forked))).rejects.toMatchObject(refused);
    const later = { ...journal, index: journal.index + 1 };
    await expect(answer(await world.market.witness(world.machine, later))).rejects.toMatchObject(refused);
    expect(cell.ledger.witnessed).toBe(null);
  });

  it('is taken from licensing only, and nothing else is taken for one', async () => {
    const receipt = await world.market.receipt(world.machine, new Uint8Array(1), new Uint8Array(16));
    await expect(answer(receipt)).rejects.toMatchObject({ code: 'message/not-authentic' });
    await expect(answer((await cell.ask('head', {})).message)).rejects.toMatchObject({ code: 'message/not-authentic' });
    await expect(answer(new Uint8Array(3))).rejects.toMatchObject({ code: 'message/malformed' });
  });
});

describe('QUARANTINE', () => {
  it('ends all selling and opening, restart or not', async () => {
    const order = await cell.buy();
    expect(await answer(await world.market.quarantine(world.machine))).toMatchObject({ quarantined: true });
    await cell[Symbol.asyncDispose]();
    cell = await world.boot();
    expect((await cell.ask('status', {})).state).toBe('quarantined');
    await expect(cell.order()).rejects.toMatchObject({ code: 'machine/quarantined' });
    await expect(cell.ask('reserve', { order })).rejects.toMatchObject({ code: 'machine/quarantined' });
    await expect(cell.ask('check', { order })).rejects.toMatchObject({ code: 'machine/quarantined' });
  });

  it('is written down once', async () => {
    const message = await world.market.quarantine(world.machine);
    await answer(message);
    const { count } = cell.ledger;
    await answer(message);
    expect(cell.ledger.count).toBe(count);
  });

  it('of another machine is refused', async () => {
    const message = await world.market.quarantine('other');
    await expect(answer(message)).rejects.toMatchObject({ code: 'message/not-authentic' });
    expect(cell.ledger.quarantined).toBe(null);
  });
});
