import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readSource } from '#recipes/source.ts';
import { requireConfig } from '#shared/config.ts';
import { hex } from '#shared/entropy.ts';
import type { Board } from '../support/board.ts';
import { isOn, onTimeUs } from '../support/board-bench.ts';
import { startNativeBoard } from '../support/native-board.ts';
import { root } from '../run/program.ts';
import { machineConfig } from '#wire/machine-config.ts';
import { entriesOf, storyOf } from './support/journal-entries.ts';
import { hangOnBoard, type PinPlan, planOf, supplyPin } from './support/on-a-board.ts';
import { World } from './world.ts';

const slug = 'beach-day';
const tickUs = 16;
const leaseMs = 250;

describe('a machine whose pumps hang on a microcontroller with the real firmware', () => {
  const stack = new AsyncDisposableStack();
  let board: Board;
  let world: World;
  let planned: readonly PinPlan[];

  beforeAll(async () => {
    board = stack.use(await startNativeBoard(inject('runFolder')));
    world = stack.use(await World.start());
    await world.configure((config) => hangOnBoard(config, board.path));
    await world.demo.processes.cell.start();
    const file = world.demo.place.config;
    const source = readSource(await readFile(join(root, 'recipes/samples', slug, 'recipe.yaml'), 'utf8'));
    planned = planOf(source, requireConfig(file, await readFile(file, 'utf8'), machineConfig));
  });
  afterAll(() => stack.disposeAsync());

  test('reads every output back inactive before it switches the supply on', async () => {
    expect((await world.log('cell')).findLast(({ msg }) => msg === 'cell ready')).toMatchObject({ driver: 'bridge' });
    const supplied = board.edges.findIndex(({ pin, level }) => pin === supplyPin && level === '1');
    expect(supplied).toBeGreaterThan(0);
    const before = board.edges.slice(0, supplied);
    expect(before.filter(({ level }) => level === '1')).toEqual([]);
    expect(new Set(before.map(({ pin }) => pin)).size).toBe(13);
  });

  test('sells a drink, licenses and burns it, and each pump is on for what the planner said, within a tick for each step', async () => {
    const customer = await world.customer();
    await customer.menu(
      ({ works, drinks }) => works.cell && drinks.some((one) => one.slug === slug && one.why_not.length === 0),
    );
    const before = planned.map(({ pin }) => onTimeUs(board, pin));
    const receipt = await customer.buy(slug);
    expect(receipt).toMatchObject({ ordered_ul: 230_000, delivered_ul: 230_000 });
    expect(planned).toHaveLength(4);
    for (const [i, { pin, onUs, steps }] of planned.entries()) {
      const on = onTimeUs(board, pin) - (before[i] ?? 0);
      expect(Math.abs(on - onUs), `pin ${pin}: ${on} µs of ${onUs}`).toBeLessThanOrEqual(steps * tickUs);
    }
    const pins = planned.map(({ pin }) => pin);
    const others = board.edges.filter(({ pin, level }) => level === '1' && pin !== supplyPin && !pins.includes(pin));
    expect(others).toEqual([]);
    expect(storyOf(receipt.order, await world.journal())).toEqual(expect.arrayContaining(['BURNED', 'SPENT']));
  });

  test('has its pumps off within the lease when the cell is killed, and the next cell books the drink as partial, once', async () => {
    const customer = await world.customer();
    const { id } = await customer.order(slug);
    await customer.pay(await customer.until(id, 'payment'));
    await customer.until(id, 'place_glass');
    await customer.start(id);
    const [first, second] = planned.map(({ pin }) => pin).filter((pin) => [2, 4].includes(pin));
    if (first === undefined || second === undefined) return expect.fail('another drink');
    await board.until(() => isOn(board, first) && isOn(board, second));
    const killedAt = Number(process.hrtime.bigint());
    await world.demo.processes.cell.kill();
    await board.until(() => !isOn(board, first) && !isOn(board, second));
    const off = board.edges.filter(({ pin, level, ns }) => ns > killedAt && level === '0' && pin !== supplyPin);
    for (const { ns } of off) expect((ns - killedAt) / 1e6).toBeLessThanOrEqual(leaseMs + 1);

    const edges = board.edges.length;
    await world.demo.processes.cell.start();
    const order = await customer.when(id, ({ state, refund }) => state !== 'pouring' && refund !== null);
    expect(order.state).toBe('partial');
    expect(order.refund?.amount_sat).toBe(order.price_sat);
    const entries = await world.journal();
    const [reserved] = entriesOf('RESERVED', entries).slice(-1);
    const spent = entriesOf('SPENT', entries).filter(({ kid }) => hex(kid) === hex(reserved?.kid ?? kid));
    expect(spent).toMatchObject([{ result: 'partial', reason: 'power-cut' }]);
    const again = board.edges.slice(edges).filter(({ pin, level }) => level === '1' && pin !== supplyPin);
    expect(again).toEqual([]);
  });

  test('pours the next drink as exactly as the one before', async () => {
    const customer = await world.customer();
    const before = planned.map(({ pin }) => onTimeUs(board, pin));
    await customer.menu(
      ({ works, drinks }) => works.cell && drinks.some((one) => one.slug === slug && one.why_not.length === 0),
    );
    expect(await customer.buy(slug)).toMatchObject({ ordered_ul: 230_000, delivered_ul: 230_000 });
    for (const [i, { pin, onUs, steps }] of planned.entries()) {
      expect(Math.abs(onTimeUs(board, pin) - (before[i] ?? 0) - onUs)).toBeLessThanOrEqual(steps * tickUs);
    }
  });
});
