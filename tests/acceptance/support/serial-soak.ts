import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pause } from '#shared/clock.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { milliseconds } from '#shared/units.ts';
import { Dice } from '#firmware-bridge/sim/dice.ts';
import { answered, type BoardBench, boardBench, isOn, pumpPins } from '#tests/support/board-bench.ts';
import { bounds, dispense } from '#tests/support/pump-bench.ts';

/** What a process holds. */
export interface Held {
  readonly handles: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

export interface SoakReport {
  readonly disconnects: number;
  /** Of them while pumps ran. */
  readonly whilePouring: number;
  /** After a tenth of the disconnects, and at the end. */
  readonly early: Held;
  readonly late: Held;
  /** Drinks that were poured whole between them. */
  readonly poured: number;
}

/**
 * A cell's executor on the firmware, whose cable is pulled so many times at random: while it rests, while it pours, while it comes
 * back. @param seed prints the same moments again
 */
export async function serialSoak(folder: string, disconnects: number, seed: number): Promise<SoakReport> {
  await using bench = await boardBench(folder);
  const dice = new Dice(seed);
  let whilePouring = 0;
  let poured = 0;
  let early = held(bench);
  for (let n = 1; n <= disconnects; n += 1) {
    const chance = dice.uniform();
    if (chance < 0.4) whilePouring += await pulledWhilePouring(bench);
    else await pulled(bench, chance < 0.6 ? dice.uniform() * 30 : 0);
    if (n % 10 === 0) poured += await wholeDrink(bench);
    if (n === Math.ceil(disconnects / 10)) early = held(bench);
  }
  return { disconnects, whilePouring, early, late: held(bench), poured };
}

/** Pulled at rest, and plugged in; a second time before it has come back, after `again` ms, unless that is 0. */
async function pulled({ cable, executor }: BoardBench, again: number): Promise<void> {
  await cable.pull();
  await cable.plug();
  if (again > 0) {
    await pause(systemClock, milliseconds(Math.round(again)));
    await cable.pull();
    await cable.plug();
  }
  await answered(() => executor.forgetLeftover());
}

async function pulledWhilePouring({ board, cable, executor, grant }: BoardBench): Promise<number> {
  const [pin = 0] = pumpPins;
  await using run = executor.open(grant, bounds);
  const piece = run.piece(dispense('together', [[0, 20_000]]));
  const begun = board.until(() => isOn(board, pin));
  await Promise.race([begun, piece]);
  await cable.pull();
  await cable.plug();
  const outcome = await piece;
  if (outcome.t === 'done') throw new Error('a drink was finished although its cable was pulled');
  await board.until(() => !isOn(board, pin));
  await answered(() => executor.forgetLeftover());
  return 1;
}

async function wholeDrink({ executor, grant }: BoardBench): Promise<number> {
  await using run = executor.open(grant, bounds);
  const outcome = await run.piece(dispense('together', [[1, 500]]));
  return outcome.t === 'done' ? 1 : 0;
}

function held({ board }: BoardBench): Held {
  // what the bench wrote down of the board is not the driver's
  (board.edges as unknown[]).length = 0;
  (board.lines as unknown[]).length = 0;
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  return { handles: readdirSync('/proc/self/fd').length, heapBytes: heapUsed, residentBytes: rss };
}
