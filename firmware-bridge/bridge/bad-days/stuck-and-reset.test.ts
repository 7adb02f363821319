import { expect, it } from 'vitest';
import { readyBench, until } from '#tests/support/bridge-bench.ts';
import { benchLimits, pinOf } from '#tests/support/bridge-wiring.ts';

it('a board that was reset after an output stuck outside a job gets no supply before somebody configures it', async () => {
  await using bench = await readyBench();
  const { board, dispenser } = bench;
  board.command(`stick ${pinOf[0]} 1`);
  await until(() => dispenser.isStuck);
  board.command(`stick ${pinOf[0]} z`);
  const before = board.edges.length;
  board.command('reset');
  await until(async () => (await dispenser.readBack().catch(() => -1)) === 0 && board.edges.length > before);
  const switchedOn = board.edges.slice(before).filter(({ pin, level }) => pin === pinOf.supply && level === '1');
  expect([switchedOn, dispenser.inputs().supply]).toEqual([[], 'open']);
  await dispenser.configure(benchLimits);
  expect(dispenser.isStuck).toBe(false);
});
