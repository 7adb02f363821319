import { expect, it } from 'vitest';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { milliseconds } from '#shared/units.ts';
import { BadLine } from '#tests/support/bad-line.ts';
import { benchLease, readyBench, stepsOf } from '#tests/support/bridge-bench.ts';
import { pinOf } from '#tests/support/bridge-wiring.ts';

it('steps that take longer to bring over than a lease are refused as late, move nothing and do not stay on the board', async () => {
  const line = new BadLine();
  await using bench = await readyBench({ openPort: line.open });
  const { board, dispenser } = bench;
  let count = 0;
  line.toBoard = (bytes) => {
    count += 1;
    return count % 4 === 0 ? bytes : new Uint8Array();
  };
  const rows = Array.from({ length: 12 }, (_, i) => [0, 20 * i, 20 * i + 10] as const);
  await expect(dispenser.arm(stepsOf(...rows), milliseconds(60))).rejects.toThrow('dispenser/late');
  line.toBoard = (bytes) => bytes;
  expect(await dispenser.lastJob(new DoseBuffer())).toBe(null);
  expect(board.edges.filter(({ pin, level }) => pin === pinOf[0] && level === '1')).toEqual([]);
  expect(await (await dispenser.arm(stepsOf([0, 0, 20]), benchLease)).ended).toEqual({ t: 'done' });
});
