import type { Microlitres } from '#shared/units.ts';
import type { PlannerLine } from './planner-machine.ts';
import { endless, quotient, timeFor } from './whole.ts';

/** On-time in which the line pours `amount` µl at `drive`, its lag included, µs; 0 for nothing, `endless` beyond any job. */
export function doseTime(line: PlannerLine, amount: number, drive: number): number {
  if (amount === 0) return 0;
  const flowing = timeFor(amount, line.calibration.flowAt(drive));
  return flowing === endless ? endless : flowing + line.calibration.lagUs;
}

/**
 * The drive at which a dose runs when it is in a hurry: full, less where the author hints so (percent of full flow, 0 for
 * no wish), half for a small dose.
 */
export function quickDrive(line: PlannerLine, amount: number, hint: number, smallDose: Microlitres): number {
  const percent = Math.min(hint === 0 ? 100 : hint, amount < smallDose ? 50 : 100);
  if (percent === 100) return line.calibration.maxDrive;
  return line.calibration.driveFor(quotient(line.calibration.maxFlow * percent, 100));
}

/** The lowest drive up to `quick` at which the dose is over within `span` µs. */
export function slowestDriveWithin(line: PlannerLine, amount: number, quick: number, span: number): number {
  let low = line.calibration.minDrive;
  let high = quick;
  while (low < high) {
    const middle = quotient(low + high, 2);
    if (doseTime(line, amount, middle) <= span) high = middle;
    else low = middle + 1;
  }
  return low;
}
