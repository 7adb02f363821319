import { expect, it } from 'vitest';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { microlitresPerSecond, microseconds } from '#shared/units.ts';
import { FlowCalibration } from './flow-calibration.ts';
import { carriedInAll, remainder } from './remainder.ts';

const calibration = new FlowCalibration({
  points: [{ drive: 1000, flow: microlitresPerSecond(10_000) }],
  lag: microseconds(60_000),
  factor: 1000,
});

/** What is left of three steps in turn, each 1 s long, after `executed` ms of each, as [pump, start ms, stop ms]. */
function left(elapsed: number, ...executed: readonly number[]): number[][] {
  const steps = new StepBuffer();
  const doses = new DoseBuffer();
  for (let pump = 0; pump < 3; pump += 1) steps.push(pump, pump, 1000, pump * 1_000_000, (pump + 1) * 1_000_000);
  steps.restUs = 4_000_000;
  doses.elapsedUs = elapsed * 1000;
  doses.count = 3;
  doses.onUs.set(executed.map((ms) => ms * 1000));
  const count = remainder(steps, doses, () => calibration);
  expect(steps.restUs).toBe(4_000_000 - elapsed * 1000);
  return Array.from({ length: count }, (_, row) => [
    steps.pump[row] ?? -1,
    (steps.startUs[row] ?? 0) / 1000,
    (steps.stopUs[row] ?? 0) / 1000,
  ]);
}

it('goes on with the step that was cut, its lag once more, and lets the next wait for it', () => {
  expect(left(1_400, 1_000, 400, 0)).toEqual([
    [1, 0, 660],
    [2, 660, 1_660],
  ]);
});

it('gives a step that was cut within its lag all of its time again', () => {
  expect(left(1_020, 1_000, 20, 0)).toEqual([
    [1, 0, 1_000],
    [2, 1_000, 2_000],
  ]);
});

it('leaves nothing of a job that was all executed, or more than that', () => {
  expect(left(3_000, 1_000, 1_000, 1_000)).toEqual([]);
  expect(left(3_500, 1_000, 1_000, 1_500)).toEqual([]);
});

it('leaves a job that had not begun as it was', () => {
  expect(left(0, 0, 0, 0)).toEqual([
    [0, 0, 1_000],
    [1, 1_000, 2_000],
    [2, 2_000, 3_000],
  ]);
});

it('tells what was carried from the on-times that were executed, nothing within the lag', () => {
  const doses = new DoseBuffer();
  doses.count = 3;
  doses.drive.fill(1000);
  doses.onUs.set([1_060_000, 60_000, 59_999]);
  expect(carriedInAll(doses, () => calibration)).toBe(10_000);
});
