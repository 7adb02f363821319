import { expect, it } from 'vitest';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { BadLine } from '#tests/support/bad-line.ts';
import { pulses } from '#tests/support/board.ts';
import { benchLease, readyBench, stepsOf, until, untilOff, untilOn } from '#tests/support/bridge-bench.ts';
import { pinOf } from '#tests/support/bridge-wiring.ts';

it('a board that is plugged in again in mid-dose pours nothing by itself, and the next job as ever', async () => {
  const line = new BadLine();
  await using bench = await readyBench({ openPort: line.open });
  const { board, dispenser } = bench;
  const first = await dispenser.arm(stepsOf([0, 0, 4_000]), benchLease);
  await untilOn(board, pinOf[0]);
  await line.pullOut();
  line.plugIn();
  expect(await first.ended).toMatchObject({ t: 'fault' });
  await untilOff(board, pinOf[0]);
  await until(() => dispenser.inputs().supply !== 'open');
  expect(line.opened).toBe(2);
  expect(await dispenser.readBack()).toBe(0);
  expect(await dispenser.lastJob(new DoseBuffer())).toMatchObject({ job: first.job });
  const second = await dispenser.arm(stepsOf([1, 0, 30]), benchLease);
  expect(await second.ended).toEqual({ t: 'done' });
  expect(second.job).toBe(first.job + 1);
  expect(pulses(board.edges, pinOf[0])).toHaveLength(1);
  expect(pulses(board.edges, pinOf[1])).toHaveLength(1);
});
