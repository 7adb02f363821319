import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContentKey } from '#recipes/content-key.ts';
import { manifestItem, peekManifest } from '#recipes/manifest.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { hex } from '#shared/entropy.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type CellWorld, cellWorld, classKeyLabel } from '#tests/support/cell/cell-world.ts';
import { TestCell } from '#tests/support/cell/test-cell.ts';
import { startOfTest } from '#tests/support/marketplace/people.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { type FixedPeople, fixedPeople } from '#tests/support/must-fail/fixed-people.ts';
import { Forge } from '#tests/support/must-fail/forge.ts';
import { mustFailCases } from '#tests/support/must-fail/must-fail.ts';
import type { MustFailCase } from '#tests/support/must-fail/must-fail-case.ts';
import { fewIngredients, testSource } from '#tests/support/sealed-drink.ts';
import { openJournal } from './journal/journal.ts';

/** No upload is of no bytes; where a bit of another certificate lies is not known. */
const elsewhere = ['empty', 'flip-in-certificate'];
/** Cases of `recipes/must-fail/`, made anew for this machine's class key and an author whom it believes. */
const bodies = ['body-flip-check', 'body-reordered', 'body-flip-tag'];
const checks = ['check-layers-swapped', 'piece-header-with-iv', 'piece-tag-of-4-bytes', 'check-says-other-length'];
const pieces = ['signed-reordered', 'piece-false-final', 'piece-inner-tag-of-4-bytes', 'record-padding-dose'];

describe('a recipe that was meddled with, at a machine', () => {
  const stack = new AsyncDisposableStack();
  let world: CellWorld;
  let blank: MemoryDisk;
  let forge: Forge;
  let people: FixedPeople;

  beforeAll(async () => {
    world = stack.use(await cellWorld('soft'));
    blank = world.disk;
    people = await fixedPeople();
    forge = await Forge.of({
      source: testSource(),
      ingredients: fewIngredients,
      authorName: world.author.name,
      author: world.author.signer,
      classKey: world.token.publicKey(classKeyLabel),
      now: startOfTest,
      entropy: systemEntropy,
      crypto: nodeSealCrypto,
    });
  });
  afterAll(() => stack.disposeAsync());

  function named(name: string): MustFailCase {
    const found = mustFailCases.find((one) => one.name === name);
    if (found === undefined) throw new RangeError(name);
    return found;
  }

  /** A cell on a disk of its own, where licences of `file` are sold. */
  async function selling(file: Uint8Array): Promise<TestCell> {
    world.disk = blank.copy();
    const { digest, ...manifest } = peekManifest(manifestItem(file));
    const wrapTo: ContentKey['wrapTo'] = (spki, crypto) => crypto.wrapKey(spki, forge.keys.lic);
    const drink = { ...world.drink, file, digest, manifest, contentKey: { wrapTo } as ContentKey };
    const cell = await TestCell.boot({ ...world, disk: world.disk, drink }, world.config);
    await cell.sendPrekeys();
    await cell.ask('revocations', { message: await world.market.statusList() });
    return cell;
  }

  const kinds = async () => (await openJournal(world.disk.copy())).entries.map(({ kind }) => kind);
  const poured = (cell: TestCell): number => cell.dispenser.weigh().reduce((sum, ul) => sum + ul, 0);

  it('but is not, is poured', async () => {
    await using cell = await selling(forge.good);
    await cell.upload(forge.good);
    expect(await cell.pour()).toMatchObject({ result: 'ok', pieces: 8 });
  });

  it('is not kept, wherever it is wrong before the first piece is opened', async () => {
    await using cell = await selling(forge.good);
    const known = { ...people, author: world.author.signer };
    const cases = mustFailCases.filter(
      ({ name, found }) => (found === 'manifest' || found === 'body') && !elsewhere.includes(name),
    );
    expect(cases.length).toBeGreaterThan(85);
    for (const { name, make, code } of cases) {
      await expect(cell.upload(await make(forge, known)), name).rejects.toMatchObject({ code });
    }
    expect(cell.parts.spool.list()).toEqual([]);
    expect(await world.disk.list('spool')).toEqual([]);
    await cell.upload(forge.good);
    expect(cell.parts.spool.list()).toHaveLength(1);
  });

  it.each(bodies)('after it was kept, costs no licence: %s', async (name) => {
    await using cell = await selling(forge.good);
    await cell.upload(forge.good);
    const order = await cell.buy();
    await cell.ask('reserve', { order });
    const path = `spool/${hex(peekManifest(manifestItem(forge.good)).digest)}.tdr`;
    world.disk.put(path, await named(name).make(forge, people));
    await expect(cell.ask('check', { order })).rejects.toMatchObject({ code: 'recipe/digest-mismatch' });
    await unburned(cell, order);
    expect(cell.parts.spool.list()).toEqual([]);
    // fetched again, it is poured with the same licence
    await cell.upload(forge.good);
    await cell.ask('check', { order });
    await cell.ask('start', { order });
    expect(await cell.done(order)).toMatchObject({ result: 'ok' });
  });

  it.each(checks)('and signed, costs no licence when its check piece is wrong: %s', async (name) => {
    const { make, code } = named(name);
    const file = await make(forge, people);
    await using cell = await selling(file);
    await cell.upload(file);
    const order = await cell.buy();
    await cell.ask('reserve', { order });
    await expect(cell.ask('check', { order })).rejects.toMatchObject({ code });
    await expect(cell.ask('start', { order })).rejects.toMatchObject({ code: 'order/wrong-state' });
    await unburned(cell, order);
    expect(world.token.openJobs).toBe(0);
  });

  it.each(pieces)('and signed, is poured no further than the piece before: %s', async (name) => {
    const { make, found, code } = named(name);
    const file = await make(forge, people);
    await using cell = await selling(file);
    await cell.upload(file);
    const order = await cell.checked();
    await cell.ask('start', { order });
    const result = await cell.done(order);
    expect(result.result).toBe(found === 1 ? 'failed' : 'partial');
    expect(result.reason).toBe(code);
    // piece 1 pours 101.5 ml, piece 4 the rest
    expect(Math.abs(poured(cell) - (found === 1 ? 0 : 101_500))).toBeLessThan(2_000);
    expect(await cell.dispenser.readBack()).toBe(0);
    const { inner, record } = cell.parts.buffers;
    expect([...inner, ...record].every((byte) => byte === 0)).toBe(true);
    expect(world.token.openJobs).toBe(0);
  });

  it('is opened by no machine of a lesser key profile than its author signed, whatever was licensed', async () => {
    await using cell = await selling(forge.good);
    await cell.upload(forge.good);
    const order = await cell.buy();
    (cell.parts.identity as { profile: string }).profile = 'S';
    await expect(cell.ask('check', { order })).rejects.toMatchObject({ code: 'machine/profile-too-low' });
    await unburned(cell, order);
    expect(world.token.openJobs).toBe(0);
  });

  /** Nothing poured, the one-time key in its place, nothing burned in the journal. */
  async function unburned(cell: TestCell, order: string): Promise<void> {
    const use = cell.useOf(order);
    expect(use.stage).toBe('reserved');
    expect(world.token.hasKey(use.label)).toBe(true);
    expect(await kinds()).not.toContain('BURN_INTENT');
    expect(poured(cell)).toBe(0);
  }
});
