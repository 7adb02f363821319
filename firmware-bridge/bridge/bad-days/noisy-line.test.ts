import { expect, it } from 'vitest';
import { Dice } from '#firmware-bridge/sim/dice.ts';
import { isFailure } from '#shared/failure.ts';
import { milliseconds } from '#shared/units.ts';
import { BadLine, type Meddler } from '#tests/support/bad-line.ts';
import { pulses } from '#tests/support/board.ts';
import { readyBench, stepsOf, until } from '#tests/support/bridge-bench.ts';
import { pinOf } from '#tests/support/bridge-wiring.ts';

const jobs = 12;
const onMs = 20;

it.each([1, 2, 3])(
  'a line that flips, loses and doubles bytes pours no dose twice and none longer, seed %i',
  async (seed) => {
    const line = new BadLine();
    await using bench = await readyBench({ openPort: line.open });
    const { board, dispenser } = bench;
    const dice = new Dice(seed);
    line.toBoard = noise(dice, 0.01);
    line.toHost = noise(dice, 0.01);
    let done = 0;
    let begun = 0;
    for (let i = 0; i < jobs; i += 1) {
      await until(() => dispenser.inputs().supply !== 'open');
      const armed = await dispenser.arm(stepsOf([0, 0, onMs]), milliseconds(5_000)).catch((error: unknown) => {
        if (!isFailure(error)) throw error;
        return null;
      });
      if (armed === null) continue;
      begun += 1;
      if ((await armed.ended).t === 'done') done += 1;
    }
    line.toBoard = line.toHost = (bytes) => bytes;
    await until(() => dispenser.inputs().supply !== 'open');
    expect(await dispenser.readBack()).toBe(0);
    const own = pulses(board.edges, pinOf[0]);
    expect(own.length).toBeGreaterThanOrEqual(done);
    expect(own.length).toBeLessThanOrEqual(begun);
    for (const ns of own) expect(ns).toBeLessThanOrEqual(onMs * 1e6);
    expect(board.edges.filter(({ pin, level }) => pin === pinOf[1] && level === '1')).toEqual([]);
    expect(done).toBeGreaterThan(jobs / 2);
  },
);

/** Of a thousand bytes so many are flipped, lost or doubled. */
function noise(dice: Dice, share: number): Meddler {
  return (bytes) => {
    const arrived: number[] = [];
    for (const byte of bytes) {
      const kind = dice.uniform() < share ? Math.floor(dice.uniform() * 3) : 3;
      if (kind === 0) arrived.push(byte ^ (1 << Math.floor(dice.uniform() * 8)));
      else if (kind === 2) arrived.push(byte, byte);
      else if (kind === 3) arrived.push(byte);
    }
    return Uint8Array.from(arrived);
  };
}
