import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';

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
  await world.ready().then((one) => one[Symbol.asyncDispose]());
  cell = await world.boot({ limits: { ...world.config.limits, held_ms: 600_000 } });
});
afterEach(() => cell[Symbol.asyncDispose]());

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? 'no failure',
  );
const told = (event: string): object[] => cell.events.filter((one) => one.event === event).map(({ body }) => body);

/** A drink that its guest put on hold as soon as it was poured. */
async function onHold(): Promise<string> {
  const order = await cell.checked();
  await cell.ask('start', { order });
  await cell.ask('hold', { order });
  await cell.when(() => told('held').length > 0);
  return order;
}

describe('a drink that its guest puts on hold', () => {
  it('is told as held by the guest, with all outputs off, and is whole when the guest lets it go on', async () => {
    const order = await onHold();
    expect(told('held')).toEqual([{ order, reason: 'machine/held' }]);
    expect(await cell.dispenser.readBack()).toBe(0);
    await cell.ask('resume', { order });
    expect(await cell.done(order)).toMatchObject({ result: 'ok', void_claim: false });
  });

  it('does not go on while the glass is away, and stays on hold when it is back', async () => {
    const order = await onHold();
    cell.dispenser.touch({ glass: 'open' });
    expect(await refusal(cell.ask('resume', { order }))).toBe('machine/glass-missing');
    cell.dispenser.touch({ glass: 'made' });
    expect(cell.parts.mixer.state).toBe('held');
    await cell.ask('resume', { order });
    expect((await cell.done(order)).result).toBe('ok');
  });

  it('can be stopped', async () => {
    const order = await onHold();
    await cell.ask('stop', { order });
    expect(await cell.done(order)).toMatchObject({ reason: 'machine/pour-interrupted' });
    expect(await refusal(cell.ask('resume', { order }))).toBe('order/wrong-state');
  });

  it('is held by nobody who has another order, and goes on for none', async () => {
    const order = await onHold();
    expect(await refusal(cell.ask('resume', { order: randomUUID() }))).toBe('order/wrong-state');
    expect(await refusal(cell.ask('hold', { order: randomUUID() }))).toBe('order/wrong-state');
    expect(cell.parts.mixer.state).toBe('held');
    await cell.ask('stop', { order });
  });

  it('that waits for its glass is not let go on by the guest', async () => {
    const order = await cell.held();
    expect(await refusal(cell.ask('resume', { order }))).toBe('order/wrong-state');
    await cell.ask('stop', { order });
  });
});

describe('a bottle that reports empty when the guest touches start', () => {
  it('is told before anything is spent, and the drink is poured when a full one is there', async () => {
    const order = await cell.checked();
    const pumps = world.config.pumps.map(({ channel }) => channel);
    for (const pump of pumps) cell.dispenser.inject({ t: 'empty-bottle', pump, left_ul: 0 });
    expect(await refusal(cell.ask('start', { order }))).toBe('machine/ingredient-missing');
    expect(cell.useOf(order).stage).toBe('reserved');
    for (const pump of pumps) cell.dispenser.replaceBottle(pump);
    await cell.ask('start', { order });
    expect((await cell.done(order)).result).toBe('ok');
  });
});
