import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import { Failure } from '#shared/failure.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import { freePrekeys } from './licences/ledger.ts';
import { pendingPrekeys } from './prekeys.ts';

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
  cell = await world.boot();
  await cell.upload(world.drink.file);
});
afterEach(() => cell[Symbol.asyncDispose]());

const restart = async (): Promise<void> => {
  await cell[Symbol.asyncDispose]();
  world.disk = world.disk.afterPowerCut();
  cell = await world.boot();
};
const read = (message: Uint8Array | null) =>
  openMessage('PREKEYS', message ?? expect.fail('no message'), world.anchors, world.clock.now()).payload;
const pending = async (): Promise<Uint8Array | null> => (await cell.ask('prekeys', {})).message;
const labels = (): string[] => world.token.listKeys('prekey-');

describe('a batch of prekeys', () => {
  it('is made when the pool is low, of keys that are in the token', async () => {
    const payload = read(await pending());
    expect(payload).toMatchObject({ machine: world.machine, batch: 1, previous: null });
    expect(payload.keys).toHaveLength(3);
    for (const { kid, spki } of payload.keys) expect(kid).toEqual(sha256(spki));
    expect(labels()).toEqual(
      freePrekeys(cell.ledger)
        .map(({ label }) => label)
        .sort(),
    );
  });

  it('is sent again, the same, until it is booked, restart or not', async () => {
    const first = await pending();
    expect(await pending()).toEqual(first);
    await restart();
    expect(await pending()).toEqual(first);
    await cell.ask('prekeys_booked', { digest: new Uint8Array(32) });
    expect(await pending()).toEqual(first);
    await cell.ask('prekeys_booked', { digest: sha256(first ?? new Uint8Array(0)) });
    expect(await pending()).toBe(null);
    await restart();
    expect(await pending()).toBe(null);
  });

  it('follows the one before it by number and digest', async () => {
    const first = await pending();
    await cell.sendPrekeys();
    expect(await pending()).toBe(null);
    await cell.buy();
    await cell.buy();
    const second = read(await pending());
    expect(second).toMatchObject({ batch: 2, previous: sha256(first ?? new Uint8Array(0)) });
    expect(cell.freeKids(9)).toHaveLength(4);
  });

  it('asked for twice at once is made once', async () => {
    const [one, other] = await Promise.all([pending(), pending()]);
    expect(one).toEqual(other);
    expect(labels()).toHaveLength(3);
  });

  it('is booked once, however often desk says so', async () => {
    const digest = sha256((await pending()) ?? new Uint8Array(0));
    await cell.ask('prekeys_booked', { digest });
    const { count } = cell.ledger;
    await cell.ask('prekeys_booked', { digest });
    expect(cell.ledger.count).toBe(count);
  });

  it('waits while a drink is made, unless the pool is empty; then one key must do', async () => {
    const busy = { ...cell.parts, idle: () => false };
    expect(read(await pendingPrekeys(busy)).keys).toHaveLength(1);
    await cell.sendPrekeys();
    expect(await pendingPrekeys(busy)).toBe(null);
    expect(read(await pendingPrekeys({ ...busy, idle: () => true })).keys).toHaveLength(3);
  });
});

describe('one-time keys that nobody knows', () => {
  it('are destroyed at the next start: power was lost before they were written down', async () => {
    world.disk.refuse = (step, path) => step === 'write' && path.startsWith('journal/');
    await expect(pending()).rejects.toMatchObject({ code: 'disk/failed' });
    expect(labels()).toHaveLength(3);
    await restart();
    expect(labels()).toEqual([]);
    expect(cell.ledger.uses.size).toBe(0);
  });

  it('are destroyed when the token failed half-way', async () => {
    let made = 0;
    world.token.before = (step) => {
      made += step === 'generate' ? 1 : 0;
      if (made === 3) throw new Failure('token/failed', { operation: 'generate' });
    };
    await expect(pending()).rejects.toMatchObject({ code: 'token/failed' });
    world.token.before = () => {};
    await restart();
    expect(labels()).toEqual([]);
  });

  it('do not keep the cell from starting when they resist', async () => {
    await world.token.generateUnwrapKey('prekey-orphan', 2048);
    world.token.before = (step) => {
      if (step === 'destroy') throw new Failure('token/destroy-unproven', { label: 'prekey-orphan' });
    };
    await restart();
    expect(labels()).toEqual(['prekey-orphan']);
    world.token.before = () => {};
    await restart();
    expect(labels()).toEqual([]);
  });
});

describe('one-time keys of uses that are over', () => {
  it('are destroyed again when a copied token brings them back, and the others are kept', async () => {
    await cell.sendPrekeys();
    const [over, other] = freePrekeys(cell.ledger);
    await cell.parts.books.append({
      kind: 'VOIDED',
      kid: over?.kid ?? new Uint8Array(32),
      reason: 'burn-failed',
      pieces: 0,
      at: 1,
    });
    await restart();
    expect(labels()).not.toContain(over?.label);
    expect(labels()).toContain(other?.label);
    expect(labels()).toHaveLength(2);
  });
});
