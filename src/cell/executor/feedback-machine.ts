import type { FlowCalibration } from '../planner/flow-calibration.ts';
import { calibrationOf, type ExecutorMachine } from './executor-machine.ts';

/** The machine as its sensors are read. */
export interface FeedbackMachine {
  calibrationOf(pump: number): FlowCalibration;
  densityOf(pump: number): number;
  /** @throws RangeError for a pump without a meter */
  nlPerPulse(pump: number): number;
}

/** Water where nothing is known of a line. */
const water = 1000;

export function feedbackMachine(machine: ExecutorMachine): FeedbackMachine {
  return {
    calibrationOf: (pump) => calibrationOf(machine, pump),
    densityOf: (pump) => machine.facts?.get(pump)?.density ?? water,
    nlPerPulse(pump) {
      const nl = machine.facts?.get(pump)?.nlPerPulse ?? null;
      if (nl === null) throw new RangeError(`pump ${pump} has no flow meter`);
      return nl;
    },
  };
}
