import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import { openMessage } from '#wire/signed-message.ts';
import { finishDecommission } from './decommission.ts';
import { grantedUse } from './licences/ledger.ts';

describe('decommissioning', () => {
  let world: CellWorld;
  let cell: TestCell;
  // the token is empty afterwards, so that each test has a world of its own
  beforeEach(async () => {
    world = await cellWorld('stub');
    cell = await world.ready();
  });
  afterEach(async () => {
    await cell[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  const decommission = () => cell.askAtConsole('decommission', { machine: world.machine });
  const end = () => cell.askAtConsole('decommission_end', {});
  const keys = (): string[] => world.token.listKeys('');
  const read = (message: Uint8Array) => openMessage('DECOMMISSION', message, world.anchors, world.clock.now()).payload;
  const restart = async (): Promise<void> => {
    await cell[Symbol.asyncDispose]();
    world.disk = world.disk.afterPowerCut();
    cell = await world.boot();
  };

  it('asks for the machine by its own name', async () => {
    await expect(cell.askAtConsole('decommission', { machine: 'other' })).rejects.toMatchObject({
      code: 'usage/option-wrong',
    });
    expect(cell.ledger.epoch.ends).toBe(false);
  });

  it('destroys every key but the identity, and signs what was unspent with it', async () => {
    const order = await cell.buy();
    const { cti, kid } = grantedUse(cell.ledger, order) ?? expect.fail('granted');
    const before = world.token.listKeys('prekey-').length;
    const { message, unspent, booked } = await decommission();
    expect(keys()).toEqual(['identity']);
    expect([unspent, booked]).toEqual([1, false]);
    const farewell = read(message);
    expect(farewell).toMatchObject({ machine: world.machine, epoch: 0, keys: before, ended: [] });
    expect(farewell.unspent.map((use) => hex(use.kid))).toEqual([hex(kid)]);
    expect(farewell.unspent[0]?.cti).toEqual(cti);
    expect((await cell.ask('farewell', {})).message).toEqual(message);
    await cell.ask('farewell_booked', {});
    expect((await cell.ask('farewell', {})).message).toBe(null);
    expect(await decommission()).toMatchObject({ message, booked: true });
  });

  it('ends all selling at once, restart or not', async () => {
    await decommission();
    for (let i = 0; i < 2; i += 1) {
      expect((await cell.ask('status', {})).state).toBe('retired');
      await expect(cell.order()).rejects.toMatchObject({ code: 'machine/retired' });
      await expect(cell.ask('head', {})).rejects.toMatchObject({ code: 'machine/retired' });
      expect((await cell.ask('prekeys', {})).message).toBe(null);
      await restart();
    }
  });

  it('leaves nothing: no key, no file, and the process ends', async () => {
    await cell.buy();
    await expect(end()).rejects.toMatchObject({ code: 'machine/not-retired' });
    await decommission();
    await end();
    expect(keys()).toEqual([]);
    expect(world.disk.paths).toEqual([]);
    expect(cell.ended).toHaveLength(1);
    await expect(world.boot()).rejects.toMatchObject({ code: 'machine/not-provisioned' });
  });

  it('stops at a key that resists, and goes on with the next call', async () => {
    const [first] = world.token.listKeys('prekey-');
    world.token.before = (step, label) => {
      if (step === 'destroy' && label === first) throw new Failure('token/destroy-unproven', { label });
    };
    await expect(decommission()).rejects.toMatchObject({ code: 'token/destroy-unproven' });
    expect((await cell.ask('farewell', {})).message).toBe(null);
    expect((await cell.ask('status', {})).state).toBe('retired');
    await restart();
    world.token.before = () => {};
    await decommission();
    expect(keys()).toEqual(['identity']);
  });

  it('is taken up wherever power was lost, and ends the same', async () => {
    const order = await cell.buy();
    const { kid } = grantedUse(cell.ledger, order) ?? expect.fail('granted');
    let unspent: string[] = [];
    const steps = { left: 1, failed: true };
    const cut = (): boolean => {
      steps.left -= 1;
      return steps.left < 0;
    };
    const tried = (work: Promise<unknown>): Promise<boolean> =>
      work.then(
        () => true,
        () => false,
      );
    // each try gets one step further than the one before; what was done stays done
    for (let tries = 1; steps.failed && tries < 100; tries += 1) {
      steps.left = tries;
      world.disk.refuse = cut;
      world.token.before = (step, label) => {
        if (step === 'destroy' && cut()) throw new Failure('token/failed', { operation: 'destroy', label });
      };
      const done =
        (await tried(
          decommission().then(({ message }) => {
            unspent = read(message).unspent.map((use) => hex(use.kid));
          }),
        )) && (await tried(end()));
      steps.failed = !done;
      world.disk.refuse = () => false;
      world.token.before = () => {};
      await cell[Symbol.asyncDispose]();
      world.disk = world.disk.afterPowerCut();
      const boot = await world.boot().catch((error: unknown) => error);
      if (boot instanceof Failure) {
        expect(['machine/retired', 'machine/not-provisioned']).toContain(boot.code);
        steps.failed = false;
        break;
      }
      cell = boot as TestCell;
      expect(cell.ledger.epoch.ends || tries < 3).toBe(true);
    }
    expect(unspent).toEqual([hex(kid)]);
    expect(keys()).toEqual([]);
    expect(world.disk.paths).toEqual([]);
  });
});

describe('decommissioning while a drink is under way', () => {
  let world: CellWorld;
  let cell: TestCell;
  beforeAll(async () => {
    world = await cellWorld('soft');
    cell = await world.ready();
  });
  afterAll(async () => {
    await cell[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  it('is refused, and the drink goes on', async () => {
    const order = await cell.held();
    await expect(cell.askAtConsole('decommission', { machine: world.machine })).rejects.toMatchObject({
      code: 'machine/busy',
    });
    expect(cell.ledger.epoch.ends).toBe(false);
    await cell.ask('stop', { order });
    await cell.done(order);
  });

  it('says of a drink that is over and not booked that it is', async () => {
    const spent = [...cell.ledger.uses.values()].find((use) => use.spent !== null);
    const { message } = await cell.askAtConsole('decommission', { machine: world.machine });
    const { ended, unspent } = openMessage('DECOMMISSION', message, world.anchors, world.clock.now()).payload;
    expect(ended).toEqual([spent?.kid]);
    expect(unspent).toEqual([]);
  });
});

describe('a decommissioning that a power cut interrupted after the last word', () => {
  it('is ended by the next start, on a real disk, whatever lies in the folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'decant-end-'));
    try {
      const disk = systemDisk(folder);
      const some = new Uint8Array(3);
      for (const path of ['provisioned.cbor', 'journal/journal.log', 'spool/a.tdr', 'licences/1.cose']) {
        await disk.replace(path, some);
      }
      await mkdir(join(folder, 'heads'));
      const emptied: (readonly string[])[] = [];
      const empty = async (keep: readonly string[]): Promise<void> => void emptied.push(keep);
      await finishDecommission(disk, empty);
      expect([emptied, await disk.read('provisioned.cbor')]).toEqual([[], Buffer.from(some)]);
      await disk.replace('decommission/last', some);
      await expect(finishDecommission(disk, undefined)).rejects.toMatchObject({ code: 'machine/retired' });
      await expect(finishDecommission(disk, empty)).rejects.toMatchObject({ code: 'machine/retired' });
      expect(emptied).toEqual([[]]);
      const left = await readdir(folder, { recursive: true, withFileTypes: true });
      expect(left.filter((entry) => !entry.isDirectory())).toEqual([]);
      await finishDecommission(disk, empty);
      expect(emptied).toHaveLength(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
