import { expect, it } from 'vitest';
import { milliseconds } from '#shared/units.ts';
import { BadLine } from '#tests/support/bad-line.ts';
import { pulses } from '#tests/support/board.ts';
import { readyBench, stepsOf } from '#tests/support/bridge-bench.ts';
import { pinOf } from '#tests/support/bridge-wiring.ts';

it('every third request and every third answer is cut in half, and each dose is poured once all the same', async () => {
  const line = new BadLine();
  await using bench = await readyBench({ openPort: line.open });
  const { board, dispenser } = bench;
  line.toBoard = everyThirdCut();
  line.toHost = everyThirdCut();
  for (let job = 0; job < 3; job += 1) {
    const armed = await dispenser.arm(stepsOf([0, 0, 20], [1, 10, 30]), milliseconds(5_000));
    expect(await armed.ended).toEqual({ t: 'done' });
  }
  line.toBoard = line.toHost = (bytes) => bytes;
  for (const pin of [pinOf[0], pinOf[1]]) {
    const own = pulses(board.edges, pin);
    expect(own).toHaveLength(3);
    for (const ns of own) expect(Math.abs(ns - 20e6)).toBeLessThanOrEqual(16_000);
  }
  expect(dispenser.state.line.repeats).toBeGreaterThan(3);
  expect(dispenser.state.line.dropped).toBeGreaterThan(0);
});

/** Of the first piece, and then of each third one, only one half arrives. */
function everyThirdCut(): (bytes: Uint8Array) => Uint8Array {
  let count = 0;
  return (bytes) => {
    count += 1;
    return count % 3 === 1 ? bytes.subarray(0, bytes.length >> 1) : bytes;
  };
}
