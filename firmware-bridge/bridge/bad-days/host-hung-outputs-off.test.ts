import { expect, it } from 'vitest';
import { pulses } from '#tests/support/board.ts';
import { benchBoard, untilOff, untilOn } from '#tests/support/bridge-bench.ts';
import { pinOf } from '#tests/support/bridge-wiring.ts';
import { HostProcess } from '#tests/support/host-process.ts';

// one lease, and what a busy computer takes to bring its last renewal to a board that is a process too
const longestNs = 290e6;

it('a host that stands still in mid-dose lets its outputs go off within one lease, and wakes to a job that is over', async () => {
  await using board = await benchBoard();
  await using host = await HostProcess.pouring(board.path, 4_000, 250);
  await untilOn(board, pinOf[0]);
  const stoppedAt = host.signal('SIGSTOP');
  await untilOff(board, pinOf[0]);
  expect((board.edges.findLast(({ pin }) => pin === pinOf[0])?.ns ?? 0) - stoppedAt).toBeLessThanOrEqual(longestNs);
  host.signal('SIGCONT');
  expect(await host.end()).toEqual({ t: 'fault', code: 'dispenser/lease-expired' });
  expect(pulses(board.edges, pinOf[0])).toHaveLength(1);
});
