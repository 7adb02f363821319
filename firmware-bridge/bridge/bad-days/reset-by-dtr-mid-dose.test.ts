import { expect, it } from 'vitest';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { pulses } from '#tests/support/board.ts';
import { benchLease, readyBench, stepsOf, until, untilOn } from '#tests/support/bridge-bench.ts';
import { pinOf } from '#tests/support/bridge-wiring.ts';

it('a board that is reset in mid-dose lets go of the pump, resumes nothing, and still tells what it poured', async () => {
  await using bench = await readyBench();
  const { board, dispenser } = bench;
  const armed = await dispenser.arm(stepsOf([0, 0, 4_000]), benchLease);
  await untilOn(board, pinOf[0]);
  board.command('reset');
  expect(await armed.ended).toEqual({ t: 'fault', code: 'dispenser/reset' });
  const doses = new DoseBuffer();
  expect(await dispenser.lastJob(doses)).toEqual({ job: armed.job, end: { t: 'fault', code: 'dispenser/reset' } });
  const [onNs = 0] = pulses(board.edges, pinOf[0]);
  const missingNs = onNs - (doses.onUs[0] ?? 0) * 1000;
  expect(missingNs).toBeGreaterThanOrEqual(-17_000);
  expect(missingNs).toBeLessThan(2e6);
  await until(() => dispenser.inputs().supply !== 'open');
  expect(await dispenser.readBack()).toBe(0);
  const next = await dispenser.arm(stepsOf([1, 0, 30]), benchLease);
  expect(await next.ended).toEqual({ t: 'done' });
  expect(pulses(board.edges, pinOf[0])).toHaveLength(1);
});

it('a board that hangs is reset by its watchdog, and the job is over', async () => {
  await using bench = await readyBench();
  const armed = await bench.dispenser.arm(stepsOf([0, 0, 4_000]), benchLease);
  await untilOn(bench.board, pinOf[0]);
  bench.board.command('hang');
  expect(await armed.ended).toMatchObject({ t: 'fault' });
  await until(() => bench.dispenser.inputs().supply !== 'open');
  expect(pulses(bench.board.edges, pinOf[0])).toHaveLength(1);
});
