import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { systemClock } from '#shared/node/system-clock.ts';
import { openBoard } from '#tests/support/board-bench.ts';
import { startNativeBoard } from '#tests/support/native-board.ts';
import { Bar } from './support/bar.ts';

/** 2018: a board that says nothing ends the pump controller after 5 s, by a segmentation fault. */
describe('a board that says nothing when the cell starts', () => {
  let bar: Bar;

  beforeAll(async () => {
    bar = await Bar.open();
  });
  afterAll(() => bar[Symbol.asyncDispose]());

  it('is told by name within some seconds; the cell does not start, and nothing of it is left open', async () => {
    await using board = await startNativeBoard(inject('runFolder'));
    const pumps = bar.world.config.pumps.map((pump, i) => ({
      ...pump,
      driver: 'bridge' as const,
      port: board.path,
      pin: `D${i + 2}`,
      flow: pump.flow.slice(-1),
    }));
    process.kill(board.pid, 'SIGSTOP');
    const begin = systemClock.monotonic();
    await expect(bar.machine({ pumps })).rejects.toMatchObject({
      code: 'dispenser/board-silent',
      facts: { port: board.path },
    });
    expect(systemClock.monotonic() - begin).toBeLessThan(10_000);
    process.kill(board.pid, 'SIGCONT');
    // the port was given back
    await using dispenser = await openBoard(board.path);
    expect(dispenser.state.identity.pumps).toBeGreaterThan(0);
  });

  it('nor one that is not there at all', async () => {
    await expect(openBoard('/dev/decant-no-such-board')).rejects.toMatchObject({
      code: 'dispenser/port-unavailable',
      facts: { port: '/dev/decant-no-such-board', reason: 'missing' },
    });
  });
});
