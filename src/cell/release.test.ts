import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import { grantedUse } from './licences/ledger.ts';

let world: CellWorld;
let cell: TestCell;
let blank: MemoryDisk;

beforeAll(async () => {
  world = await cellWorld('stub');
  blank = world.disk;
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.token.before = () => {};
  for (const label of oneTimeKeys()) await world.token.destroyKey(label);
  world.disk = blank.copy();
  cell = await world.ready();
});
afterEach(() => cell[Symbol.asyncDispose]());

const oneTimeKeys = (): string[] => world.token.listKeys('prekey-');
const useFor = (order: string) => grantedUse(cell.ledger, order) ?? expect.fail('nothing is granted');
const answer = (message: Uint8Array) => cell.ask('head_answer', { message });
const head = async () => open('HEAD', (await cell.ask('head', {})).message);

function open<N extends 'HEAD' | 'PREKEYS' | 'VOID_CLAIM'>(name: N, message: Uint8Array): Payload<N> {
  return openMessage(name, message, world.anchors, world.clock.now()).payload;
}

/** Puts the cell into quarantine; answers the head that it reported. */
async function quarantined(): Promise<Payload<'HEAD'>['journal']> {
  const { journal } = await head();
  await answer(await world.market.quarantine(world.machine, journal));
  return journal;
}

async function restart(): Promise<void> {
  await cell[Symbol.asyncDispose]();
  world.disk = world.disk.afterPowerCut();
  cell = await world.boot();
}

const release = (at: Payload<'HEAD'>['journal'], changes: Partial<Payload<'RELEASE'>> = {}) =>
  world.market.release(world.machine, at, changes);
const refused = { code: 'message/not-authentic' };

describe('RELEASE', () => {
  it('destroys every one-time key of the old epoch before the new one begins, and makes new ones in it', async () => {
    await cell.buy();
    const old = oneTimeKeys();
    expect(old.length).toBeGreaterThan(0);
    const at = await quarantined();
    const steps: string[] = [];
    world.token.before = (step, label) => {
      if (step === 'destroy') steps.push(`${label} in epoch ${cell.ledger.epoch.number}`);
    };
    const batch = { number: 7, digest: new Uint8Array(32).fill(7) };
    expect(await answer(await release(at, { seq: 12, batch }))).toMatchObject({ quarantined: false, released: true });
    expect(steps).toEqual(old.map((label) => `${label} in epoch 0`));
    expect(oneTimeKeys()).toEqual([]);
    expect(cell.ledger).toMatchObject({ quarantined: null, lastSeq: 12, epoch: { number: 1, release: null } });
    const { message } = await cell.ask('prekeys', {});
    const prekeys = open('PREKEYS', message ?? expect.fail('new keys'));
    expect([prekeys.batch, prekeys.previous]).toEqual([8, batch.digest]);
    expect(oneTimeKeys()).toHaveLength(prekeys.keys.length);
  });

  it('is told with the first heads of the epoch: what was unspent, what is over, until licensing countersigns', async () => {
    const order = await cell.buy();
    const { cti, kid } = useFor(order);
    const at = await quarantined();
    const message = await release(at);
    await answer(message);
    const first = await head();
    expect(first).toMatchObject({ epoch: 1, since: at, proof: message });
    expect(first.released).toEqual({ release: sha256(message), unspent: [{ cti, kid }], ended: [] });
    expect((await head()).released).toEqual(first.released);
    await answer(await world.market.witness(world.machine, first.journal, { epoch: 1 }));
    expect((await head()).released).toBe(null);
  });

  it('lets the machine sell again, and what was licensed to the old keys is gone', async () => {
    const order = await cell.buy();
    const at = await quarantined();
    await expect(cell.order()).rejects.toMatchObject({ code: 'machine/quarantined' });
    await answer(await release(at, { seq: 1, batch: { number: 1, digest: null } }));
    await expect(cell.ask('reserve', { order })).rejects.toMatchObject({ code: 'licence/none' });
    await cell.sendPrekeys();
    const next = await cell.buy();
    expect(useFor(next).stage).toBe('granted');
    expect((await cell.ask('status', {})).state).toBe('idle');
  });

  it('takes a licence for what was unspent, for the order that it was bought for', async () => {
    const order = await cell.buy();
    const { cti, kid } = useFor(order);
    await answer(await release(await quarantined(), { seq: 1, batch: { number: 1, digest: null } }));
    await cell.sendPrekeys();
    const reissues = { cti: cti ?? new Uint8Array(16), kids: [kid] };
    const claims = await world.market.claims(world.machine, world.drink, { reissues }, cell.freeKids(1), { seq: 2 });
    await cell.ask('licence', { message: await world.market.licence(claims) });
    expect((await cell.ask('reserve', { order })).cti).toEqual(claims.cti);
  });

  it('takes a licence for uses that this journal never knew, for whoever orders the recipe', async () => {
    await answer(await release(await quarantined(), { seq: 4, batch: { number: 1, digest: null } }));
    await cell.sendPrekeys();
    const reissues = { cti: new Uint8Array(16).fill(9), kids: [new Uint8Array(32).fill(9)] };
    const claims = await world.market.claims(world.machine, world.drink, { reissues }, cell.freeKids(1), { seq: 5 });
    await cell.ask('licence', { message: await world.market.licence(claims) });
    const { licences } = await cell.ask('status', {});
    expect(licences).toMatchObject([{ seq: 5, unused: 1, at_hand: 1 }]);
  });

  it('of another machine, journal or epoch is refused, and so is one that licensing did not sign', async () => {
    const at = await quarantined();
    await expect(answer(await world.market.release('other', at))).rejects.toMatchObject(refused);
    await expect(answer(await release({ ...at, index: at.index + 1 }))).rejects.toMatchObject(refused);
    await expect(answer(await release({ ...at, head: new Uint8Array(32).fill(1) }))).rejects.toMatchObject(refused);
    await expect(answer(await release(at, { epoch: 2 }))).rejects.toMatchObject(refused);
    const forged = (await release(at)).slice();
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    await expect(answer(forged)).rejects.toMatchObject(refused);
    expect(cell.ledger.quarantined).toBe('rolled back');
    expect(oneTimeKeys().length).toBeGreaterThan(0);
  });

  it('changes nothing on a machine that is not in quarantine, and nothing a second time', async () => {
    const { journal } = await head();
    expect(await answer(await release(journal))).toMatchObject({ quarantined: false, released: false });
    expect(cell.ledger.epoch.number).toBe(0);
    const message = await release(await quarantined());
    await answer(message);
    const { count } = cell.ledger;
    expect(await answer(message)).toMatchObject({ released: false });
    expect(cell.ledger.count).toBe(count);
    await quarantined();
    await expect(answer(message)).rejects.toMatchObject(refused);
  });

  it('for the journal as it stood when the quarantine began is what counts, however far it has gone since', async () => {
    const at = await quarantined();
    await restart();
    const again = await head();
    expect(again.journal).toEqual(at);
    await answer(await release(at));
    expect((await head()).since).toEqual(at);
  });

  it('waits while a key resists: the quarantine lasts, and the next try goes on', async () => {
    const at = await quarantined();
    const [, second] = oneTimeKeys();
    let resists = true;
    world.token.before = (step, label) => {
      if (resists && step === 'destroy' && label === second) throw new Failure('token/destroy-unproven', { label });
    };
    const message = await release(at);
    await expect(answer(message)).rejects.toMatchObject({ code: 'token/destroy-unproven' });
    expect((await cell.ask('status', {})).state).toBe('quarantined');
    expect((await head()).epoch).toBe(0);
    await restart();
    expect((await cell.ask('status', {})).state).toBe('quarantined');
    resists = false;
    expect(await answer(message)).toMatchObject({ released: true });
    expect(oneTimeKeys()).toEqual([]);
  });
});

describe('power lost in the middle of a release', () => {
  it('leads to the same end, wherever it is lost', async () => {
    await cell.buy();
    const at = await quarantined();
    const before = world.disk.copy();
    const keys = oneTimeKeys();
    const message = await release(at, { seq: 3 });
    // by the disk's own count of steps the release is cut at each, and then at each key
    for (let cut = 1; ; cut += 1) {
      await cell[Symbol.asyncDispose]();
      for (const label of oneTimeKeys()) await world.token.destroyKey(label);
      for (const label of keys) await world.token.generateUnwrapKey(label, 2048);
      world.disk = before.copy();
      cell = await world.boot();
      let steps = 0;
      const lost = (): boolean => {
        steps += 1;
        return steps >= cut;
      };
      const disk = world.disk;
      disk.refuse = lost;
      world.token.before = (step, label) => {
        if (step === 'destroy' && lost()) throw new Failure('token/failed', { operation: 'destroy', label });
      };
      const ended = await answer(message).then(
        () => true,
        () => false,
      );
      world.token.before = () => {};
      disk.refuse = () => false;
      await restart();
      // desk asks again at its next sync, whether or not the cell has the release
      if (cell.ledger.quarantined !== null) await answer(message);
      expect(oneTimeKeys()).toEqual([]);
      expect(cell.ledger).toMatchObject({ quarantined: null, lastSeq: 3, epoch: { number: 1, release: null } });
      expect([...cell.ledger.uses.values()]).toEqual([]);
      expect((await head()).released?.unspent).toHaveLength(1);
      if (ended) {
        expect(cut).toBeGreaterThan(keys.length);
        break;
      }
    }
  });
});

describe('a copy of the machine', () => {
  it('made before the release stays in quarantine, and takes no release of the other', async () => {
    const at = await quarantined();
    const copy = world.disk.copy();
    const message = await release(at);
    await answer(message);
    await cell[Symbol.asyncDispose]();
    world.disk = copy;
    cell = await world.boot();
    expect((await cell.ask('status', {})).state).toBe('quarantined');
    const { message: told } = await cell.ask('head', {});
    expect(decodeSign1(told, 1 << 20).type).toBe('application/decant-head+cbor');
    expect(open('HEAD', told).epoch).toBe(0);
    await expect(cell.order()).rejects.toMatchObject({ code: 'machine/quarantined' });
  });

  it('whose journal is another one is not released by it', async () => {
    const { journal } = await head();
    await cell.parts.books.append({ kind: 'STOCK_SET', line: 1, stock_ul: 1, who: 'ada', at: 1 });
    await quarantined();
    await expect(answer(await release(journal))).rejects.toMatchObject(refused);
    expect(cell.ledger.epoch.number).toBe(0);
  });
});
