import { FlowCalibration } from '#cell/planner/flow-calibration.ts';
import type { PlannerLine, PlannerMachine } from '#cell/planner/planner-machine.ts';
import { beverage } from '#recipes/machine-class.ts';
import { recordBytes, type Timing, timings, writeDispense } from '#recipes/record.ts';
import { microlitresPerSecond as flow, microlitres, microseconds } from '#shared/units.ts';

/** A piece and the machine that it is planned for. */
export interface PlannerPiece {
  readonly name: string;
  readonly record: DataView;
  readonly machine: PlannerMachine;
}

const curve = [400, 550, 700, 850, 1000].map((drive) => ({ drive, flow: flow(drive * 10) }));

function line(pump: number, isSingleSpeed: boolean): PlannerLine {
  const points = isSingleSpeed ? curve.slice(-1) : curve;
  const calibration = new FlowCalibration({ points, lag: microseconds(60_000), factor: 1000 });
  return { pump, calibration, powerMw: 6_000, longestOnUs: 60_000_000 };
}

function machineOf(isSingleSpeed: boolean, powerMw: number): PlannerMachine {
  const slots = Array.from({ length: 6 }, (_, pump) => line(pump, isSingleSpeed));
  return { slots, atOnce: 6, powerMw, smallDose: microlitres(20_000), nominalFlow: beverage.nominalFlow };
}

/** Doses of a piece: the first far larger than the others, so that the others are pulsed as often as may be. */
function recordOf(timing: Timing, count: number): DataView {
  const record = new DataView(new ArrayBuffer(recordBytes));
  const doses = Array.from({ length: count }, (_, slot) => ({
    slot,
    amountUl: slot === 0 ? 200_000 : 20_000 + 7_919 * slot,
  }));
  writeDispense(record, timing, doses);
  return record;
}

const names = Object.keys(timings) as Timing[];
const enough = 36_000;
/** Two of the six pumps at once. */
const short = 12_000;

/** What planning is measured with: each timing, with six doses, with little power, and with pumps that can only be pulsed. */
export const plannerPieces: readonly PlannerPiece[] = [
  ...names.map((timing) => ({
    name: `4 doses, ${timing}`,
    record: recordOf(timing, 4),
    machine: machineOf(false, enough),
  })),
  ...names.map((timing) => ({
    name: `6 doses, ${timing}`,
    record: recordOf(timing, 6),
    machine: machineOf(false, enough),
  })),
  ...(['together', 'same_end'] as const).map((timing) => ({
    name: `6 doses, ${timing}, power for 2`,
    record: recordOf(timing, 6),
    machine: machineOf(false, short),
  })),
  { name: '6 doses, same_end, in pulses', record: recordOf('same_end', 6), machine: machineOf(true, enough) },
];
