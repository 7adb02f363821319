import { expect, it } from 'vitest';
import { milliseconds } from '#shared/units.ts';
import { BadLine } from '#tests/support/bad-line.ts';
import { benchLease, readyBench, stepsOf, until } from '#tests/support/bridge-bench.ts';
import { benchLimits, pinOf } from '#tests/support/bridge-wiring.ts';

it('frames of an earlier session that come again late, even a whole job, switch nothing on', async () => {
  const line = new BadLine();
  await using bench = await readyBench({ openPort: line.open });
  const { board, dispenser } = bench;
  const heard: Uint8Array[] = [];
  line.toBoard = (bytes) => {
    heard.push(bytes);
    return bytes;
  };
  await (await dispenser.arm(stepsOf([0, 0, 20]), benchLease)).ended;
  line.toBoard = (bytes) => bytes;
  await dispenser.configure(benchLimits);
  const before = board.edges.length;
  const late = Buffer.concat(heard);
  line.toBoard = (bytes) => {
    line.toBoard = (next) => next;
    return new Uint8Array(Buffer.concat([late, bytes]));
  };
  expect(await dispenser.readBack()).toBe(0);
  await until(() => dispenser.state.line.strays >= heard.length);
  expect(board.edges.slice(before).filter(({ pin, level }) => pin === pinOf[0] && level === '1')).toEqual([]);
});

it('answers of an earlier session do nothing to a job of this one', async () => {
  const line = new BadLine();
  await using bench = await readyBench({ openPort: line.open });
  const { dispenser } = bench;
  const heard: Uint8Array[] = [];
  line.toHost = (bytes) => {
    heard.push(bytes);
    return bytes;
  };
  await (await dispenser.arm(stepsOf([0, 0, 20]), benchLease)).ended;
  await dispenser.configure(benchLimits);
  const job = await dispenser.arm(stepsOf([0, 0, 200]), milliseconds(1_000));
  const late = Buffer.concat(heard);
  line.toHost = (bytes) => {
    line.toHost = (next) => next;
    return new Uint8Array(Buffer.concat([bytes, late])).subarray(0, 256);
  };
  expect(await job.ended).toEqual({ t: 'done' });
});
