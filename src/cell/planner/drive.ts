import { greatestFlow } from '#shared/units.ts';
import type { PlannerLine, PlannerMachine } from './planner-machine.ts';
import { endless, quotient, timeFor } from './whole.ts';

/** On-time in which the line pours `amount` µl at `drive`, its lag included, µs; 0 for nothing, `endless` beyond any job. */
export function doseTime(line: PlannerLine, amount: number, drive: number): number {
  if (amount === 0) return 0;
  const flowing = timeFor(amount, line.calibration.flowAt(drive));
  return flowing === endless ? endless : flowing + line.calibration.lagUs;
}

/**
 * The drive at which a dose runs when it is in a hurry: full, less where the author hints so (percent of full flow, 0 for
 * no wish), half for a small dose, but no slower than the nominal flow.
 */
export function quickDrive(line: PlannerLine, amount: number, hint: number, machine: PlannerMachine): number {
  const percent = Math.min(hint === 0 ? 100 : hint, amount < machine.smallDose ? 50 : 100);
  if (percent === 100) return line.calibration.maxDrive;
  const flow = Math.max(machine.nominalFlow, quotient(line.calibration.maxFlow * percent, 100));
  return line.calibration.driveFor(flow);
}

/** The lowest drive up to `quick` at which the dose is over within `span` µs; `quick` where none is. */
export function slowestDriveWithin(line: PlannerLine, amount: number, quick: number, span: number): number {
  const { minDrive, lagUs } = line.calibration;
  let drive = Math.min(quick, line.calibration.driveFor(flowWithin(amount, span - lagUs)));
  while (drive > minDrive && doseTime(line, amount, drive - 1) <= span) drive -= 1;
  while (drive < quick && doseTime(line, amount, drive) > span) drive += 1;
  return drive;
}

/** The flow that carries `amount` µl in `us`, to within a permille or so, µl/s: where to begin a search. */
function flowWithin(amount: number, us: number): number {
  let volume = amount;
  let millis = quotient(Math.max(us, 1000), 1000);
  while (volume > 2_000_000 && millis >= 10) {
    volume = quotient(volume, 10);
    millis = quotient(millis, 10);
  }
  return volume > 2_000_000 ? greatestFlow : quotient(volume * 1000, millis);
}
