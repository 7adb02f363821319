import { expect, it } from 'vitest';
import { milliseconds } from '#shared/units.ts';
import { BadLine } from '#tests/support/bad-line.ts';
import { pulses } from '#tests/support/board.ts';
import { readyBench, stepsOf } from '#tests/support/bridge-bench.ts';
import { request } from '#tests/support/bridge-line.ts';
import { pinOf } from '#tests/support/bridge-wiring.ts';

/** Type of a frame: behind its first zero and the first code of COBS. */
const typeOf = (bytes: Uint8Array): number => bytes[2] ?? 0;

/** Found by tests/hardware/serial-noise: the job poured, and its `arm` was refused. */
it('a job whose answer is lost, and an old question again before it is asked once more: it is armed, and pours once', async () => {
  const line = new BadLine();
  await using bench = await readyBench({ openPort: line.open });
  const { board, dispenser } = bench;
  let old: Uint8Array = new Uint8Array();
  let armings = 0;
  line.toBoard = (bytes) => {
    if (typeOf(bytes) === request.status) old = bytes.slice();
    if (typeOf(bytes) !== request.arm) return bytes;
    armings += 1;
    if (armings === 1) line.toHost = () => new Uint8Array();
    if (armings !== 2) return bytes;
    line.toHost = (answers) => answers;
    return new Uint8Array(Buffer.concat([old, bytes]));
  };
  await dispenser.readBack();
  const armed = await dispenser.arm(stepsOf([0, 0, 400]), milliseconds(5_000));
  expect(await armed.ended).toEqual({ t: 'done' });
  expect(armings).toBe(2);
  expect(pulses(board.edges, pinOf[0])).toHaveLength(1);
});
