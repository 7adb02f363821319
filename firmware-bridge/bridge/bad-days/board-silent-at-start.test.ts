import { expect, inject, it } from 'vitest';
import { systemClock } from '#shared/node/system-clock.ts';
import { openBenchBridge } from '#tests/support/bridge-bench.ts';
import { startNativeBoard } from '#tests/support/native-board.ts';

it('a port behind which nothing answers fails after some seconds, and says which', async () => {
  await using board = await startNativeBoard(inject('runFolder'));
  process.kill(board.pid, 'SIGSTOP');
  const began = performance.now();
  await expect(openBenchBridge(board.path, { clock: systemClock })).rejects.toThrow(
    `dispenser/board-silent (port=${board.path})`,
  );
  expect(performance.now() - began).toBeGreaterThan(4_000);
  expect(performance.now() - began).toBeLessThan(15_000);
  process.kill(board.pid, 'SIGCONT');
  await using dispenser = await openBenchBridge(board.path);
  expect(await dispenser.readBack()).toBe(0);
});

it('a port that is not there fails at once', async () => {
  await expect(openBenchBridge('/dev/serial/by-id/usb-none')).rejects.toThrow(
    'dispenser/port-unavailable (port=/dev/serial/by-id/usb-none, reason=missing)',
  );
});
