import type { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { doseTime } from './drive.ts';
import type { PlannerLine } from './planner-machine.ts';
import { quotient } from './whole.ts';

/** A dose is cut into no more. */
export const mostPulses = 8;
/** A shorter flow is mostly lag, µs. */
const shortestFlow = 250_000;

/**
 * A dose of a pump with one speed, in even pulses of which the first starts at `start` and the last ends at
 * `start + span`; in one piece from the start where the dose is too short to be cut.
 */
export function pulse(
  line: PlannerLine,
  slot: number,
  amount: number,
  start: number,
  span: number,
  out: StepBuffer,
): void {
  const drive = line.calibration.maxDrive;
  const pulses = howMany(line, amount, span);
  const part = quotient(amount, pulses);
  const lastOn = doseTime(line, amount - part * (pulses - 1), drive);
  const partOn = doseTime(line, part, drive);
  const period = pulses === 1 ? 0 : quotient(span - lastOn, pulses - 1);
  for (let k = 0; k < pulses - 1; k += 1) {
    out.push(line.pump, slot, drive, start + k * period, start + k * period + partOn);
  }
  const last = pulses === 1 ? start : start + span - lastOn;
  out.push(line.pump, slot, drive, last, last + lastOn);
}

/** As many pulses as give each a fair flow and leave a break before the next. */
function howMany(line: PlannerLine, amount: number, span: number): number {
  const { lagUs } = line.calibration;
  const flowing = doseTime(line, amount, line.calibration.maxDrive) - lagUs;
  let pulses = Math.max(1, Math.min(mostPulses, quotient(Math.max(0, flowing), shortestFlow)));
  while (pulses > 1 && flowing + (lagUs + 1) * pulses >= span) pulses -= 1;
  return pulses;
}
