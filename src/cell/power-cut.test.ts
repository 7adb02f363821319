import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import type { Entry } from './journal/entry.ts';
import { openJournal } from './journal/journal.ts';
import { isPourMark, openPourMarks } from './journal/pour-marks.ts';
import { advanceHead, emptyHead, encodeRecord } from './journal/record-codec.ts';

const path = 'journal/journal.log';
const marksPath = 'journal/pour.log';

let world: CellWorld;
/** A folder after one whole drink, and the entries of its journal. */
let after: MemoryDisk;
let entries: readonly Entry[];
/** What stands beside the journal while the drink is poured, and its file. */
const marks: Entry[] = [];
let marked: Uint8Array;
let order: string;

beforeAll(async () => {
  world = await cellWorld('stub');
  const cell = await world.ready();
  order = await poured(cell);
  await cell[Symbol.asyncDispose]();
  after = world.disk;
  entries = (await openJournal(after.copy())).entries;
});
afterAll(() => world[Symbol.asyncDispose]());

/** One drink on paper: what the mixer writes down, without the token's keys. */
async function poured(cell: TestCell): Promise<string> {
  const bought = await cell.buy();
  await cell.ask('reserve', { order: bought });
  const { kid } = cell.useOf(bought);
  const steps: Entry[] = [
    { kind: 'BURN_INTENT', kid, at: 1 },
    { kind: 'BURNED', kid, stock: [{ line: 1, stock_ul: 900_000 }] },
    { kind: 'PIECE_STARTED', kid, piece: 1 },
    { kind: 'PIECE_DONE', kid, piece: 1 },
    { kind: 'PIECE_STARTED', kid, piece: 2 },
    { kind: 'PIECE_DONE', kid, piece: 2 },
    { kind: 'POURED', kid, piece: 7 },
    {
      kind: 'SPENT',
      kid,
      result: 'ok',
      reason: '',
      pieces: 8,
      ordered_ul: 1,
      delivered_ul: 1,
      started: 0,
      ended: 0,
    },
  ];
  for (const step of steps) {
    if (isPourMark(step)) marks.push(step);
    if (step.kind === 'SPENT') marked = world.disk.bytes(marksPath);
    await cell.parts.books.append(step);
  }
  await cell.ask('outcome', { order: bought });
  return bought;
}

/** The folder as it was when only so many bytes of the journal, and of the marks beside it, had reached the medium. */
function cutAt(bytes: number, marksBytes = 0): MemoryDisk {
  const disk = after.copy();
  disk.put(path, after.bytes(path).slice(0, bytes));
  disk.put(marksPath, marked.slice(0, marksBytes));
  return disk;
}

/** Where each entry ends in its file. */
function ends(list: readonly Entry[] = entries): number[] {
  let head = emptyHead;
  let end = 0;
  return list.map((entry) => {
    const { bytes, link } = encodeRecord(head, entry);
    head = advanceHead(head, link);
    end += bytes.length;
    return end;
  });
}

/** Each end, and a place within the entry before it. */
const places = (all: readonly number[]): number[] =>
  [0, ...all.flatMap((end, i) => [end, end - Math.floor((end - (all[i - 1] ?? 0)) / 2)])].toSorted((a, b) => a - b);

/** Every state of both files that a power cut leaves: marks come behind BURNED, and may still be there behind SPENT. */
function cuts(): { readonly journal: number; readonly marks: number }[] {
  const all = ends();
  const burned = all[entries.findIndex(({ kind }) => kind === 'BURNED')] ?? 0;
  return [
    ...places(all).map((journal) => ({ journal, marks: journal > burned ? marked.length : 0 })),
    ...places(ends(marks)).map((length) => ({ journal: burned, marks: length })),
  ];
}

describe('a cell whose power was cut', () => {
  it('behind any entry, or within it, starts and goes on: the order is served once more or has its outcome', async () => {
    for (const cut of cuts()) {
      world.disk = cutAt(cut.journal, cut.marks);
      const kept = [
        ...(await openJournal(world.disk.copy())).entries,
        ...(await openPourMarks(world.disk.copy())).found,
      ];
      const burned = kept.some(({ kind }) => kind === 'BURNED');
      const keys = await keysAsOf(kept, burned);
      await using cell = await world.boot();
      await goesOn(cell, kept);
      keys[Symbol.dispose]();
    }
  });

  it('twice, the second time while it was brought in order, is brought in order all the same', async () => {
    const burnedAt = entries.findIndex(({ kind }) => kind === 'BURNED');
    const disk = cutAt(ends()[burnedAt] ?? 0);
    for (let writes = 0; writes < 4; writes += 1) {
      const again = disk.copy();
      let left = writes;
      again.refuse = (step) => {
        if (step !== 'sync') return false;
        left -= 1;
        return left < 0;
      };
      world.disk = again;
      await world.boot().then(
        (cell) => cell[Symbol.asyncDispose](),
        (error: unknown) => expect(error).toMatchObject({ code: 'disk/failed' }),
      );
      world.disk = again.afterPowerCut();
      await using cell = await world.boot();
      expect((await cell.ask('outcome', { order })).batch).toMatchObject({ reason: 'power-cut', void_claim: true });
      expect([...cell.ledger.uses.values()].filter(({ voided }) => voided !== null)).toHaveLength(1);
    }
  });
});

/** Puts the token in the state in which it was then. */
async function keysAsOf(kept: readonly Entry[], burned: boolean): Promise<Disposable> {
  const real = world.token.hasKey.bind(world.token);
  const used = entries.find((entry) => entry.kind === 'RESERVED');
  const known = kept.find((entry) => entry.kind === 'PREKEYS');
  const { label } = known?.keys.find(({ kid }) => hex(kid) === hex(used?.kid ?? new Uint8Array())) ?? { label: '' };
  world.token.hasKey = (asked) => (asked === label ? !burned : asked.startsWith('prekey-') || real(asked));
  const { listKeys } = world.token;
  world.token.listKeys = () => [];
  return {
    [Symbol.dispose]() {
      world.token.hasKey = real;
      world.token.listKeys = listKeys;
    },
  };
}

async function goesOn(cell: TestCell, kept: readonly Entry[]): Promise<void> {
  const has = (kind: Entry['kind']): boolean => kept.some((entry) => entry.kind === kind);
  if (!has('GRANTED')) {
    await expect(cell.ask('reserve', { order })).rejects.toMatchObject({ code: 'licence/none' });
    await cell.sendPrekeys();
    await cell.ask('reserve', { order: await cell.buy() });
    return;
  }
  if (!has('BURNED')) {
    expect((await cell.ask('reserve', { order })).cti).toHaveLength(16);
    return;
  }
  const { batch } = await cell.ask('outcome', { order });
  if (!has('PIECE_STARTED')) expect(batch).toMatchObject({ reason: 'power-cut', void_claim: true });
  else if (!has('POURED')) expect(batch).toMatchObject({ result: 'partial', reason: 'power-cut', void_claim: false });
  else expect(batch).toMatchObject({ result: 'ok', void_claim: false });
  await expect(cell.ask('reserve', { order })).rejects.toMatchObject({
    code: has('PIECE_STARTED') ? 'licence/spent' : 'licence/none',
  });
}
