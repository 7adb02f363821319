import type { Microlitres, MicrolitresPerSecond } from '#shared/units.ts';
import type { FlowCalibration } from './flow-calibration.ts';

/** The machine as one recipe sees it. */
export interface PlannerMachine {
  /** Place n serves slot n of the recipe. */
  readonly slots: readonly PlannerLine[];
  /** Pumps that may run at once, 1 or more. */
  readonly atOnce: number;
  /** What all running pumps may draw together, mW; no limit when absent. */
  readonly powerMw?: number;
  /** Doses below this run at half speed where the pump can: full speed over-pours small ones. 0 for never. */
  readonly smallDose: Microlitres;
  /**
   * The flow with which the published duration of a recipe was reckoned: what slows a dose down without need (small dose,
   * author's hint) does not take it below this, or an honest recipe would cross its own bound.
   */
  readonly nominalFlow: MicrolitresPerSecond;
}

/** A line from a bottle to the nozzle. */
export interface PlannerLine {
  readonly pump: number;
  readonly calibration: FlowCalibration;
  /** What the pump draws while it runs, at whatever speed, mW; nothing when absent. */
  readonly powerMw?: number;
  /** A dose that is slowed down without need is not on for longer, µs. */
  readonly longestOnUs?: number;
}
