import { expect, it } from 'vitest';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { milliseconds } from '#shared/units.ts';
import { BadLine } from '#tests/support/bad-line.ts';
import { pulses } from '#tests/support/board.ts';
import { benchLease, readyBench, stepsOf, until, untilOff, untilOn } from '#tests/support/bridge-bench.ts';
import { pinOf } from '#tests/support/bridge-wiring.ts';

it('the job is over at once, the board switches off within a lease, and what it executed can be asked when the cable is in again', async () => {
  const line = new BadLine();
  await using bench = await readyBench({ openPort: line.open });
  const { board, dispenser } = bench;
  const armed = await dispenser.arm(stepsOf([0, 0, 4_000]), benchLease);
  await untilOn(board, pinOf[0]);
  await line.pullOut();
  expect(await armed.ended).toEqual({ t: 'fault', code: 'dispenser/link-lost' });
  expect(dispenser.inputs().supply).toBe('open');
  await expect(armed.renew()).rejects.toThrow('dispenser/link-lost');
  await expect(dispenser.stop()).rejects.toThrow('dispenser/');
  await untilOff(board, pinOf[0]);
  line.plugIn();
  const doses = new DoseBuffer();
  expect(await dispenser.lastJob(doses)).toEqual({
    job: armed.job,
    end: { t: 'fault', code: 'dispenser/lease-expired' },
  });
  const [onNs = 0] = pulses(board.edges, pinOf[0]);
  expect(onNs).toBeLessThanOrEqual(252e6);
  expect(Math.abs((doses.onUs[0] ?? 0) * 1000 - onNs)).toBeLessThanOrEqual(17_000);
});

it('a board that is gone altogether is noticed within the lease of its job', async () => {
  await using bench = await readyBench();
  const armed = await bench.dispenser.arm(stepsOf([0, 0, 4_000]), milliseconds(1_000));
  await untilOn(bench.board, pinOf[0]);
  process.kill(bench.board.pid, 'SIGKILL');
  expect(await armed.ended).toEqual({ t: 'fault', code: 'dispenser/link-lost' });
  await until(() => bench.dispenser.inputs().supply === 'open');
});
