import { expect, it } from 'vitest';
import { microseconds } from '#shared/units.ts';
import { bench, bounds, dispense } from '#tests/support/pump-bench.ts';

/** 2018: of 18,534 starts right after the end of a program one hangs, and the pump controller is busy for up to an hour. */
const starts = 20_000;
const dose = 10_000;

it(`pours ${starts.toLocaleString('en')} drinks, each started the moment the one before was over, and hangs in none`, async () => {
  const machine = { dripWait: microseconds(0) };
  const { clock, run, executor, grant, sim, inGlass } = await bench({ machine });
  await run[Symbol.asyncDispose]();
  sim.replaceBottle(0);
  const piece = dispense('machine', [[0, dose]]);
  let before = inGlass();
  for (let start = 0; start < starts; start += 1) {
    const next = executor.open(grant, bounds);
    const outcome = await clock.until(next.piece(piece));
    const result = await clock.until(next.finish());
    const poured = inGlass();
    if (outcome.t !== 'done' || result.result !== 'ok' || Math.abs(poured - before - dose) > 1) {
      expect.fail(`start ${start}: ${outcome.t}, ${result.result}, ${poured - before} µl`);
    }
    before = poured;
    await next[Symbol.asyncDispose]();
    if (start % 50 === 49) sim.replaceBottle(0);
  }
  expect(await sim.readBack()).toBe(0);
}, 120_000);
