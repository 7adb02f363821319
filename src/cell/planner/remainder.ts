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
    const start = steps.startUs[row] ?? 0;
    const on = (steps.stopUs[row] ?? 0) - start;
    const done = doses.onUs[row] ?? 0;
    if (done >= on) continue;
    const again = done > 0 ? on - done + Math.min(done, calibrationOf(steps.pump[row] ?? 0).lagUs) : on;
    const restart = done > 0 ? 0 : Math.max(0, start - now) + delay;
    steps.push(steps.pump[row] ?? 0, steps.slot[row] ?? 0, steps.drive[row] ?? 0, restart, restart + again);
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
    sum += carried(calibrationOf(doses.pump[row] ?? 0), doses.drive[row] ?? 0, doses.onUs[row] ?? 0);
  }
  return sum;
}

function longestNewLag(steps: StepBuffer, doses: DoseBuffer, calibrationOf: (pump: number) => FlowCalibration): number {
  let longest = 0;
  for (let row = 0; row < steps.count; row += 1) {
    const done = doses.onUs[row] ?? 0;
    const isCut = done > 0 && done < (steps.stopUs[row] ?? 0) - (steps.startUs[row] ?? 0);
    if (isCut) longest = Math.max(longest, Math.min(done, calibrationOf(steps.pump[row] ?? 0).lagUs));
  }
  return longest;
}
