import type { PumpLimits } from '#firmware-bridge/dispenser.ts';
import type { Microlitres, Microseconds, Milliseconds } from '#shared/units.ts';
import type { FlowCalibration } from '../planner/flow-calibration.ts';
import type { PlannerLine } from '../planner/planner-machine.ts';

/** What sensors make of a line. */
export interface LineFacts {
  /** Of its liquid, mg/ml. */
  readonly density: number;
  /** What one pulse of its flow meter carries, nl; null without one. */
  readonly nlPerPulse: number | null;
}

/** What the executor must know of its machine, whatever is poured. */
export interface ExecutorMachine {
  /** The lines; each has a pump of its own. */
  readonly lines: readonly PlannerLine[];
  readonly limits: readonly PumpLimits[];
  /** Pumps that may run at once. */
  readonly atOnce: number;
  /** What all running pumps may draw together, mW; no limit when absent. */
  readonly powerMw?: number;
  /** Doses below this run at half speed where the pump can. */
  readonly smallDose: Microlitres;
  /** Wait for the last drops before a drink counts as finished, machine time. */
  readonly dripWait: Microseconds;
  /** How long outputs stay on without a word from this host; renewed three times as often. */
  readonly lease: Milliseconds;
  /** A drink that is held for longer is given up (the operator's rule). */
  readonly holdLimit: Milliseconds;
  /** What sensors make of the lines, by pump. */
  readonly facts?: ReadonlyMap<number, LineFacts>;
  /** Whether a dose that pours alone ends by its weight, where there is a scale. */
  readonly byWeight?: boolean;
}

/** The calibration of the line that has this pump; @throws RangeError when there is none. */
export function calibrationOf(machine: Pick<ExecutorMachine, 'lines'>, pump: number): FlowCalibration {
  const line = machine.lines.find((each) => each.pump === pump);
  if (line === undefined) throw new RangeError(`no line has pump ${pump}`);
  return line.calibration;
}
