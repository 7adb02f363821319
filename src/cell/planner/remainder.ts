import { valueAt } from '#firmware-bridge/column.ts';
import type { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import type { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import type { FlowCalibration } from './flow-calibration.ts';
import { volumeIn } from './whole.ts';

/**
 * What is left of a job that was ended early: `steps` become those that pour the rest. A step that was cut gets its lag once
 * more, and whatever comes later waits for that. Answers how many steps are left.
 *
 * @param calibrationOf the calibration of a pump
 */
export function remainder(
  steps: StepBuffer,
  doses: DoseBuffer,
  calibrationOf: (pump: number) => FlowCalibration,
): number {
  const now = doses.elapsedUs;
  const delay = longestNewLag(steps, doses, calibrationOf);
  const rest = Math.max(0, steps.restUs - now);
  const planned = steps.count;
  steps.count = 0;
  for (let row = 0; row < planned; row += 1) {
    const start = valueAt(steps.startUs, row);
    const on = valueAt(steps.stopUs, row) - start;
    const done = valueAt(doses.onUs, row);
    if (done >= on) continue;
    const again = done > 0 ? on - done + Math.min(done, calibrationOf(valueAt(steps.pump, row)).lagUs) : on;
    const restart = done > 0 ? 0 : Math.max(0, start - now) + delay;
    steps.push(valueAt(steps.pump, row), valueAt(steps.slot, row), valueAt(steps.drive, row), restart, restart + again);
  }
  steps.restUs = rest;
  return steps.count;
}

/** What an executed on-time carried by the calibration, µl. */
export function carried(calibration: FlowCalibration, drive: number, onUs: number): number {
  return onUs <= calibration.lagUs ? 0 : volumeIn(onUs - calibration.lagUs, calibration.flowAt(drive));
}

/** What all executed on-times of a job carried by the calibrations of their pumps, µl. */
export function carriedInAll(doses: DoseBuffer, calibrationOf: (pump: number) => FlowCalibration): number {
  let sum = 0;
  for (let row = 0; row < doses.count; row += 1) {
    sum += carried(calibrationOf(valueAt(doses.pump, row)), valueAt(doses.drive, row), valueAt(doses.onUs, row));
  }
  return sum;
}

function longestNewLag(steps: StepBuffer, doses: DoseBuffer, calibrationOf: (pump: number) => FlowCalibration): number {
  let longest = 0;
  for (let row = 0; row < steps.count; row += 1) {
    const done = valueAt(doses.onUs, row);
    const isCut = done > 0 && done < valueAt(steps.stopUs, row) - valueAt(steps.startUs, row);
    if (isCut) longest = Math.max(longest, Math.min(done, calibrationOf(valueAt(steps.pump, row)).lagUs));
  }
  return longest;
}
