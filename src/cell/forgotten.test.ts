import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import { grantedUse, type Use } from './licences/ledger.ts';

/** A licensing whose database was restored from a copy, as the cell meets it. */
describe('what licensing has lost', () => {
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
  /** Countersigns where the journal stands, and says what was lost. */
  const witnessed = async (tell_again: Payload<'WITNESS'>['tell_again'] = null) => {
    const message = await world.market.witness(world.machine, (await head()).journal, { tell_again });
    return { message, answer: await cell.ask('head_answer', { message }) };
  };
  const lost = async () => (await cell.ask('forgotten', { after: 0 })).items;
  const useFor = (order: string): Use => grantedUse(cell.ledger, order) ?? expect.fail('granted');

  /** A use of the order that ended, by the journal alone. */
  async function ended(order: string, how: 'spent' | 'void'): Promise<Use> {
    const { kid, cti } = useFor(order);
    const { books } = cell.parts;
    await books.append({ kind: 'RESERVED', order, cti: cti ?? new Uint8Array(16), kid, at: 1 });
    await books.append({ kind: 'BURN_INTENT', kid, at: 1 });
    await books.append({ kind: 'BURNED', kid, stock: [] });
    const totals = { pieces: 1, ordered_ul: 1, delivered_ul: 1, started: 0, ended: 0 };
    if (how === 'spent') await books.append({ kind: 'SPENT', kid, result: 'ok', reason: '', ...totals });
    else await books.append({ kind: 'VOIDED', kid, reason: 'power-cut', pieces: 0, at: 1 });
    await cell.ask('outcome', { order });
    return cell.useOf(order);
  }

  async function booked({ kid, claim, cti }: Use): Promise<void> {
    const told = claim ?? new Uint8Array(0);
    const message = await world.market.receipt(world.machine, told, cti ?? new Uint8Array(16));
    await cell.ask('outcome_told', { kid, message });
  }

  it('is nothing while licensing does not say so', async () => {
    await cell.buy();
    const { answer, message } = await witnessed();
    expect(answer.tell_again).toBe(false);
    expect(await lost()).toEqual([]);
    expect((await head()).proof).toEqual(message);
  });

  it('is told again from there on: licences in their order, then what became of uses, byte for byte', async () => {
    const before = await cell.buy();
    await booked(await ended(before, 'spent'));
    const since = cell.ledger.count;
    const [first, second] = [await cell.buy(), await cell.buy()];
    const [spent, void_] = [await ended(first, 'spent'), await ended(second, 'void')];
    await booked(spent);
    const { answer } = await witnessed({ since, recovered: 5 });
    expect(answer.tell_again).toBe(true);
    const items = await lost();
    expect(items.map(({ kind }) => kind)).toEqual(['licence', 'licence', 'usage', 'claim']);
    const licences = items.slice(0, 2).map(({ message }) => sha256(message ?? new Uint8Array(0)));
    expect(licences.map(hex)).toEqual(
      [...cell.ledger.licences.values()].filter(({ index }) => index > since).map(({ digest }) => hex(digest)),
    );
    expect(items.slice(2).map(({ message }) => message)).toEqual([spent.claim, void_.claim]);
    expect((await cell.ask('forgotten', { after: 3 })).items).toEqual(items.slice(3));
    expect((await cell.ask('forgotten', { after: 4 })).items).toEqual([]);
  });

  it('makes outcomes unbooked until they are booked again, and the first ones stay', async () => {
    const early = await ended(await cell.buy(), 'spent');
    await booked(early);
    const since = cell.ledger.count;
    const late = await ended(await cell.buy(), 'spent');
    await booked(late);
    await witnessed({ since, recovered: 5 });
    const states = () => [early, late].map(({ kid }) => cell.ledger.uses.get(hex(kid))?.booked);
    expect(states()).toEqual([true, false]);
    await booked(late);
    expect(states()).toEqual([true, true]);
    expect((await lost()).map(({ kind }) => kind)).toEqual(['licence', 'usage']);
  });

  it('is written down once, is told until it is told, and then no more, restart or not', async () => {
    await cell.buy();
    await witnessed({ since: 0, recovered: 7 });
    const { count } = cell.ledger;
    await cell[Symbol.asyncDispose]();
    cell = await world.boot();
    expect((await head()).told_again).toBe(null);
    expect(await lost()).toHaveLength(1);
    const { answer } = await witnessed({ since: 0, recovered: 7 });
    expect(answer.tell_again).toBe(true);
    // BOOT and WITNESSED
    expect(cell.ledger.count).toBe(count + 2);
    await cell.ask('told_again', {});
    await cell.ask('told_again', {});
    expect((await head()).told_again).toBe(7);
    expect(await lost()).toEqual([]);
    expect((await witnessed({ since: 0, recovered: 7 })).answer.tell_again).toBe(false);
    expect((await witnessed({ since: 0, recovered: 8 })).answer.tell_again).toBe(true);
  });

  it('may include which one-time keys are free: those are given up, and new ones made', async () => {
    const free = cell.freeKids(9).map(hex);
    expect(free.length).toBeGreaterThan(0);
    const last = cell.ledger.epoch.lastBatch;
    await witnessed({ since: 0, recovered: 7 });
    expect(cell.freeKids(9)).toEqual([]);
    const { message } = await cell.ask('prekeys', {});
    const fresh = openMessage('PREKEYS', message ?? expect.fail('new keys'), world.anchors, world.clock.now()).payload;
    expect([fresh.batch, fresh.previous]).toEqual([last.number + 1, last.digest]);
    expect(fresh.keys.map(({ kid }) => hex(kid)).filter((kid) => free.includes(kid))).toEqual([]);
  });

  it('cannot be told where a file is gone, and the rest is', async () => {
    await cell.buy();
    await cell.buy();
    await witnessed({ since: 0, recovered: 7 });
    await world.disk.remove('licences/1.cose');
    expect((await lost()).map(({ message }) => message === null)).toEqual([true, false]);
  });

  it('is answered for uses that ended only, by licensing only', async () => {
    const use = await ended(await cell.buy(), 'spent');
    const open = useFor(await cell.buy());
    const receipt = await world.market.receipt(world.machine, new Uint8Array(3), new Uint8Array(16));
    await expect(cell.ask('outcome_told', { kid: open.kid, message: receipt })).rejects.toMatchObject({
      code: 'order/unknown',
    });
    await expect(cell.ask('outcome_told', { kid: use.kid, message: receipt })).rejects.toMatchObject({
      code: 'message/not-authentic',
    });
    const refused = await world.market.refusal(world.machine, use.claim ?? new Uint8Array(0));
    await cell.ask('outcome_told', { kid: use.kid, message: refused });
    expect(cell.ledger.uses.get(hex(use.kid))?.booked).toBe(true);
  });
});
