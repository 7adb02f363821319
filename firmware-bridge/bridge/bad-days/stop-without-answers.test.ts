import { expect, it } from 'vitest';
import { milliseconds } from '#shared/units.ts';
import { BadLine } from '#tests/support/bad-line.ts';
import { readyBench, stepsOf, until, untilOff, untilOn } from '#tests/support/bridge-bench.ts';
import { pinOf } from '#tests/support/bridge-wiring.ts';

it('a stop gets through at once while another request waits for an answer that does not come', async () => {
  const line = new BadLine();
  await using bench = await readyBench({ openPort: line.open });
  const { board, dispenser } = bench;
  const armed = await dispenser.arm(stepsOf([0, 0, 4_000]), milliseconds(4_000));
  await untilOn(board, pinOf[0]);
  line.toHost = () => new Uint8Array(0);
  const { requests } = dispenser.state.line;
  const renewal = armed.renew().catch(() => undefined);
  await until(() => dispenser.state.line.requests > requests);
  const stopped = dispenser.stop().catch(() => undefined);
  await untilOff(board, pinOf[0]);
  // the renewal is still waiting: its turn is not over
  expect(dispenser.state.line.requests).toBe(requests + 1);
  line.toHost = (bytes) => bytes;
  await Promise.all([renewal, stopped]);
  expect(await armed.ended).toEqual({ t: 'stopped' });
});
