import { expect, it } from 'vitest';
import { isFailure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { microlitres, milliseconds } from '#shared/units.ts';
import { createExecutor } from './executor.ts';
import { Grant } from './grant.ts';
import { bench, bounds, dispense, machine, manualPiece, pausePiece } from './testing/bench.ts';

it('pours a recipe of several pieces and tells what was ordered and delivered', async () => {
  const { clock, run, inGlass } = await bench();
  expect(
    await clock.until(
      run.piece(
        dispense('same_end', [
          [0, 60_000],
          [1, 30_000],
          [3, 20_000],
        ]),
      ),
    ),
  ).toEqual({ t: 'done' });
  expect(
    await clock.until(
      run.piece(
        dispense('one_after_other', [
          [2, 40_000],
          [0, 10_000],
        ]),
      ),
    ),
  ).toEqual({ t: 'done' });
  const result = await clock.until(run.finish());
  expect(result).toMatchObject({ result: 'ok', ordered_ul: 160_000, reason: null });
  expect(Math.abs(result.delivered_ul - 160_000)).toBeLessThanOrEqual(20);
  expect(Math.abs(inGlass() - 160_000)).toBeLessThan(400);
  expect(run.state).toEqual({ t: 'complete' });
});
