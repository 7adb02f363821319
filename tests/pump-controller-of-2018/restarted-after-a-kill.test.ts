import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/node/system-clock.ts';
import { World } from '#tests/integration/world.ts';

/**
 * 2018: killed with sockets open, the pump controller cannot listen again for 60.5 s, in 31 attempts that each end as if all were
 * well.
 */
const mostMs = 10_000;

describe('killed with many connections open, and started again', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** Connections that are still open on our side when the other is killed. */
  async function connected(target: string | number, count: number): Promise<Socket[]> {
    const sockets = Array.from({ length: count }, () =>
      connect(typeof target === 'string' ? { path: target } : { port: target, host: '127.0.0.1' }),
    );
    for (const socket of sockets) {
      socket.on('error', () => {});
      await once(socket, 'connect');
    }
    return sockets;
  }

  async function restarted(target: string | number, process: 'cell' | 'desk'): Promise<number> {
    const sockets = await connected(target, 50);
    await world.demo.processes[process].kill();
    const begin = systemClock.monotonic();
    // ready is said once, by the first attempt, when it listens; an attempt that cannot listen is thrown here
    await world.demo.processes[process].start();
    const [socket] = await connected(target, 1);
    const took = systemClock.monotonic() - begin;
    for (const each of [...sockets, socket]) each?.destroy();
    return took;
  }

  it('the cell listens again at its first attempt', async () => {
    const socket = join(world.demo.place.sockets, 'cell', 'cell.sock');
    expect(await restarted(socket, 'cell')).toBeLessThan(mostMs);
    expect(await world.status()).toMatchObject({ state: 'idle' });
  });

  it('so does desk, on its port', async () => {
    expect(await restarted(world.ports.touchscreen, 'desk')).toBeLessThan(mostMs);
  });

  it('and drinks are sold and poured as before', async () => {
    const customer = await world.customer();
    await customer.menu(({ works, drinks }) => works.cell && drinks.some(({ why_not }) => why_not.length === 0));
    const receipt = await customer.buy('beach-day');
    expect(Math.abs(receipt.delivered_ul - receipt.ordered_ul)).toBeLessThanOrEqual(2_000);
  });
});
