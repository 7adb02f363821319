import { expect, it } from 'vitest';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { pulses } from '#tests/support/board.ts';
import { benchBoard, benchLease, openBenchBridge, stepsOf, untilOff, untilOn } from '#tests/support/bridge-bench.ts';
import { benchLimits, pinOf } from '#tests/support/bridge-wiring.ts';
import { HostProcess } from '#tests/support/host-process.ts';

// one lease, and what a busy computer takes to bring its last renewal to a board that is a process too
const longestNs = 290e6;

it('a host that is killed in mid-dose lets its outputs go off within one lease, and the next host reads what was executed', async () => {
  await using board = await benchBoard();
  await using host = await HostProcess.pouring(board.path, 4_000, 250);
  await untilOn(board, pinOf[0]);
  const killedAt = host.signal('SIGKILL');
  await untilOff(board, pinOf[0]);
  expect((board.edges.findLast(({ pin }) => pin === pinOf[0])?.ns ?? 0) - killedAt).toBeLessThanOrEqual(longestNs);

  await using next = await openBenchBridge(board.path);
  const doses = new DoseBuffer();
  expect(await next.lastJob(doses)).toEqual({
    job: host.job,
    end: { t: 'fault', code: 'dispenser/lease-expired' },
  });
  const [onNs = 0] = pulses(board.edges, pinOf[0]);
  expect(Math.abs((doses.onUs[0] ?? 0) * 1000 - onNs)).toBeLessThanOrEqual(17_000);
  await next.forgetLastJob();
  expect(await next.lastJob(doses)).toBe(null);
  expect(doses.isWiped()).toBe(true);

  await next.configure(benchLimits);
  const after = await next.arm(stepsOf([1, 0, 20]), benchLease);
  expect(after.job).toBe(host.job + 1);
  expect(await after.ended).toEqual({ t: 'done' });
});
