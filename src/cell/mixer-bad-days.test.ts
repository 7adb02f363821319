import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { openMessage } from '#wire/signed-message.ts';

let world: CellWorld;
let cell: TestCell;
let blank: MemoryDisk;

beforeAll(async () => {
  world = await cellWorld('soft');
  blank = world.disk;
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.disk = blank.copy();
  world.token.before = () => {};
  world.token.job = (real) => real;
  cell = await world.ready();
});
afterEach(async () => {
  await cell[Symbol.asyncDispose]();
  expect(world.token.openJobs).toBe(0);
});

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? 'no failure',
  );
const buffersAreWiped = (): boolean => {
  const { inner, record } = cell.parts.buffers;
  return [...inner, ...record].every((byte) => byte === 0);
};
const outcome = async (order: string) => cell.ask('outcome', { order });
const start = (order: string) => cell.ask('start', { order });

/** A drink that is held because the glass is gone, for as long as the test wants. */
async function heldDrink(): Promise<string> {
  await cell[Symbol.asyncDispose]();
  cell = await world.boot({ limits: { ...world.config.limits, held_ms: 600_000 } });
  return cell.held();
}

describe('a key that is not surely destroyed', () => {
  const resist = (): void => {
    world.token.before = (step, label) => {
      if (step === 'destroy') throw new Failure('token/destroy-unproven', { label });
    };
  };

  it('is never poured from: the use is claimed void, outputs stay off', async () => {
    const order = await cell.checked();
    resist();
    expect(await refusal(start(order))).toBe('machine/burn-failed');
    expect(cell.dispenser.weigh().every((ul) => ul === 0)).toBe(true);
    expect(world.token.openJobs).toBe(0);
    expect(await refusal(start(order))).toBe('order/wrong-state');
    expect(await refusal(cell.ask('check', { order }))).toBe('licence/none');
    const { batch, message } = await outcome(order);
    expect(batch).toMatchObject({ result: 'failed', reason: 'burn-failed', pieces: 0, void_claim: true });
    const { payload } = openMessage('VOID_CLAIM', message, world.anchors, world.clock.now());
    expect(payload).toMatchObject({ kid: cell.useOf(order).kid, cti: batch.cti, pieces: 0, reason: 'burn-failed' });
  });

  it('is destroyed at the next start, and the claim stands', async () => {
    const order = await cell.checked();
    const { label } = cell.useOf(order);
    resist();
    await refusal(start(order));
    world.token.before = () => {};
    await cell[Symbol.asyncDispose]();
    cell = await world.boot();
    expect(world.token.hasKey(label)).toBe(false);
    expect((await outcome(order)).batch.void_claim).toBe(true);
  });

  it('lets the machine pour the next licence', async () => {
    const order = await cell.checked();
    resist();
    await refusal(start(order));
    world.token.before = () => {};
    expect((await cell.pour()).result).toBe('ok');
  });
});

describe('a burned licence that cannot be poured from', () => {
  it('is claimed back, and the batch let go', async () => {
    const order = await cell.checked();
    const { executor } = cell.parts;
    const open = executor.open.bind(executor);
    executor.open = () => {
      throw new Failure('machine/busy');
    };
    expect(await refusal(start(order))).toBe('machine/burn-failed');
    executor.open = open;
    expect(cell.useOf(order)).toMatchObject({ stage: 'void', voided: { reason: 'machine/busy' } });
    expect(world.token.openJobs).toBe(0);
    expect((await cell.pour()).result).toBe('ok');
  });
});

describe('a journal that cannot be written', () => {
  const journalFails = (): void => {
    world.disk.refuse = (step, path) => step === 'sync' && path.startsWith('journal/');
  };

  it('before the burn: nothing is spent, the key lives', async () => {
    const order = await cell.checked();
    const { label } = cell.useOf(order);
    journalFails();
    expect(await refusal(start(order))).toBe('disk/failed');
    expect(world.token.hasKey(label)).toBe(true);
    expect(world.token.openJobs).toBe(0);
    world.disk.refuse = () => false;
    await cell[Symbol.asyncDispose]();
    world.disk = world.disk.afterPowerCut();
    cell = await world.boot();
    expect(await refusal(cell.ask('check', { order }))).toBe('accepted');
  });

  it('at whatever moment: the process is told to end', async () => {
    const order = await cell.buy();
    journalFails();
    expect(await refusal(cell.ask('reserve', { order }))).toBe('disk/failed');
    expect(cell.broken).toMatchObject([{ code: 'disk/failed' }]);
  });

  it('between the burn and its entry: the use is claimed back at the next start', async () => {
    const order = await cell.checked();
    world.token.before = (step) => {
      if (step === 'destroy') journalFails();
    };
    expect(await refusal(start(order))).toBe('disk/failed');
    expect(world.token.openJobs).toBe(0);
    await cell[Symbol.asyncDispose]();
    world.disk = world.disk.afterPowerCut();
    cell = await world.boot();
    expect((await outcome(order)).batch).toMatchObject({ void_claim: true, reason: 'power-cut', delivered_ul: 0 });
  });

  it('while pouring: outputs go off and the process is told to end', async () => {
    const order = await heldDrink();
    journalFails();
    cell.dispenser.touch({ glass: 'made' });
    await cell.when(() => cell.broken.length > 0);
    expect(cell.broken[0]).toMatchObject({ code: 'disk/failed' });
    expect(await cell.dispenser.readBack()).toBe(0);
    expect(buffersAreWiped()).toBe(true);
    expect(cell.events.map(({ event }) => event)).not.toContain('done');
    await cell[Symbol.asyncDispose]();
    world.disk = world.disk.afterPowerCut();
    cell = await world.boot();
    expect((await outcome(order)).batch).toMatchObject({ result: 'partial', reason: 'power-cut', void_claim: false });
  });
});

describe('an outcome that cannot be signed at once', () => {
  it('is signed when it is asked for; the end of the drink is told all the same', async () => {
    const order = await heldDrink();
    world.token.before = (step) => {
      if (step === 'sign') throw new Failure('token/failed', { operation: 'sign' });
    };
    cell.dispenser.touch({ glass: 'made' });
    expect((await cell.done(order)).result).toBe('ok');
    expect(cell.useOf(order).claim).toBe(null);
    world.token.before = () => {};
    const { payload } = openMessage('USAGE', (await outcome(order)).message, world.anchors, world.clock.now());
    expect(payload.kid).toEqual(cell.useOf(order).kid);
  });
});

describe('a piece that cannot be opened', () => {
  it('ends the drink; what was delivered is what counts', async () => {
    const order = await cell.buy();
    let opened = 0;
    world.token.job = (real) => ({
      unwrapContentKey: (label, wrapped) => real.unwrapContentKey(label, wrapped),
      async open(...args) {
        opened += 1;
        // two layers each: check piece, first piece, then the second fails
        if (opened === 5) throw new Failure('token/failed', { operation: 'open' });
        return real.open(...args);
      },
      [Symbol.dispose]: () => real[Symbol.dispose](),
    });
    await cell.ask('check', { order });
    await start(order);
    const result = await cell.done(order);
    expect(result).toMatchObject({ result: 'partial', reason: 'recipe/piece-not-authentic' });
    // the published total, and of it what the published time says: a stop must not tell what its pieces hold
    expect(result).toMatchObject({ pieces: 0, ordered_ul: 191_500 });
    expect(result.delivered_ul % 10_000).toBe(0);
    expect(result.delivered_ul).toBeLessThan(191_500);
    expect(buffersAreWiped()).toBe(true);
  });
});

describe('a drink whose glass is taken away', () => {
  it('is held, told so, and goes on when the glass is back', async () => {
    const order = await heldDrink();
    expect(cell.events.find(({ event }) => event === 'held')?.body).toEqual({ order, reason: 'machine/glass-missing' });
    cell.dispenser.touch({ glass: 'made' });
    expect(await cell.done(order)).toMatchObject({ result: 'ok', void_claim: false });
  });

  it('is given up when it stays away', async () => {
    const order = await cell.checked();
    cell.dispenser.inject({ t: 'glass-removed', after_ms: 100, for_ms: null });
    await start(order);
    const result = await cell.done(order);
    expect(result).toMatchObject({ result: 'partial', reason: 'machine/glass-missing', pieces: 0 });
    expect(result.delivered_ul).toBeLessThan(191_500);
  });
});

describe('stopping', () => {
  it('ends a drink for good, with what was delivered', async () => {
    const order = await heldDrink();
    expect(await refusal(cell.ask('stop', { order: randomUUID() }))).toBe('order/wrong-state');
    await cell.ask('stop', { order });
    expect(await cell.done(order)).toMatchObject({ result: 'partial', reason: 'machine/pour-interrupted' });
    expect(await cell.dispenser.readBack()).toBe(0);
    expect(cell.parts.mixer.idle).toBe(true);
    expect(await refusal(cell.ask('stop', { order }))).toBe('order/wrong-state');
  });

  it('that comes while the licence burns is not lost', async () => {
    const order = await cell.checked();
    const burning = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    world.token.before = async (step) => {
      if (step !== 'destroy') return;
      burning.resolve();
      await go.promise;
    };
    const started = start(order);
    await burning.promise;
    const stopped = refusal(cell.ask('stop', { order }));
    go.resolve();
    await started;
    expect(await stopped).toBe('accepted');
    expect(await cell.done(order)).toMatchObject({ reason: 'machine/pour-interrupted', void_claim: false });
  });

  it('needs a drink', async () => {
    const order = await cell.checked();
    expect(await refusal(cell.ask('stop', { order }))).toBe('order/wrong-state');
    expect(cell.useOf(order).stage).toBe('reserved');
  });
});

describe('closing', () => {
  const close = () => cell.parts.mixer.close();

  it('stops a drink and writes down how it ended', async () => {
    const order = await heldDrink();
    await close();
    expect(await cell.dispenser.readBack()).toBe(0);
    expect(cell.useOf(order)).toMatchObject({ stage: 'spent', spent: { reason: 'machine/pour-interrupted' } });
    expect(cell.broken).toEqual([]);
  });

  it('lets the keys of a checked drink go, and its use stays reserved', async () => {
    const order = await cell.checked();
    await close();
    expect(world.token.openJobs).toBe(0);
    expect(cell.useOf(order).stage).toBe('reserved');
  });

  it('while the licence burns pours nothing: the use is claimed back', async () => {
    const order = await cell.checked();
    const burning = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    world.token.before = async (step) => {
      if (step !== 'destroy') return;
      burning.resolve();
      await go.promise;
    };
    const started = refusal(start(order));
    await burning.promise;
    const closed = close();
    go.resolve();
    expect(await started).toBe('machine/burn-failed');
    await closed;
    expect(cell.dispenser.weigh().every((ul) => ul === 0)).toBe(true);
    expect(cell.useOf(order)).toMatchObject({ stage: 'void', voided: { reason: 'machine/pour-interrupted' } });
  });

  it('refuses what comes after it', async () => {
    const order = await cell.buy();
    await close();
    for (const ask of ['reserve', 'check', 'start', 'release'] as const) {
      expect(await refusal(cell.ask(ask, { order }))).toBe('machine/cell-unreachable');
    }
  });
});
