import { expect, it } from 'vitest';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { milliseconds } from '#shared/units.ts';
import { BadLine } from '#tests/support/bad-line.ts';
import { pulses } from '#tests/support/board.ts';
import { benchLease, readyBench, stepsOf, until, untilOff, untilOn } from '#tests/support/bridge-bench.ts';
import { pinOf } from '#tests/support/bridge-wiring.ts';

const nothing = (): Uint8Array => new Uint8Array();

it('the same request again is answered and not carried out again: one dose', async () => {
  const line = new BadLine();
  await using bench = await readyBench({ openPort: line.open });
  let answers = 0;
  line.toHost = (bytes) => {
    if (bytes.length > 4) answers += 1;
    return answers === 2 || answers === 3 ? nothing() : bytes;
  };
  const armed = await bench.dispenser.arm(stepsOf([0, 0, 150]), milliseconds(5_000));
  expect(await armed.ended).toEqual({ t: 'done' });
  expect(bench.dispenser.state.line.repeats).toBeGreaterThanOrEqual(1);
  expect(pulses(bench.board.edges, pinOf[0])).toHaveLength(1);
});

it('when no answer comes at all the job is over for the host, the board ends it within a lease, and its record tells', async () => {
  const line = new BadLine();
  await using bench = await readyBench({ openPort: line.open });
  const { board, dispenser } = bench;
  let answers = 0;
  line.toHost = (bytes) => {
    if (bytes.length > 4) answers += 1;
    return answers >= 2 ? nothing() : bytes;
  };
  const armed = await dispenser.arm(stepsOf([0, 0, 4_000]), benchLease);
  expect(await armed.ended).toEqual({ t: 'fault', code: 'dispenser/link-lost' });
  line.toHost = (bytes) => bytes;
  await untilOn(board, pinOf[0]);
  await untilOff(board, pinOf[0]);
  const doses = new DoseBuffer();
  expect(await dispenser.lastJob(doses)).toMatchObject({ job: armed.job });
  expect(doses.onUs[0]).toBeGreaterThan(0);
  expect(doses.onUs[0]).toBeLessThanOrEqual(252_000);
  await until(() => dispenser.inputs().supply !== 'open');
  expect(pulses(board.edges, pinOf[0])).toHaveLength(1);
});
