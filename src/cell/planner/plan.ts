import { valueAt } from '#firmware-bridge/column.ts';
import type { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { amountAt, countOf, flowHintAt, maxDoses, opOf, ops, slotAt, timingOf, timings } from '#recipes/record.ts';
import { quickDrive } from './drive.ts';
import type { PlannerMachine } from './planner-machine.ts';
import { amountAtWork, canRun, driveAtWork, endTogether, slotAtWork, startWhenFree } from './schedule.ts';

/** An opened record of machine class `beverage` (`recipes/record.ts`); its fields are read in place. */
export type PieceView = DataView;

/** Answer of `plan` for a piece that this machine cannot turn into steps. */
export const unplannable = -1;

/**
 * Turns one piece into pump steps in `out`, which is wiped first, and answers how many; 0 for a piece that pours nothing,
 * `unplannable` for an unknown operation, timing or slot, for a pump that alone draws more than the machine has, and for a job
 * longer than `longestJob`. Pure, and without memory of its own: every amount stays in `piece` and `out`.
 *
 * What the steps carry by the calibration is what the piece orders, to within 1 µl per step. Timings (those of the 2018
 * machine): 0 and 1 all start together, each as fast as it can; 2 all start together and end with the slowest; 3 one
 * after the other. Where more pumps would run than the machine may run at once, by number or by power, later ones wait
 * (0, 1), or the piece is poured in rounds that each end together (2).
 */
export function plan(piece: PieceView, machine: PlannerMachine, out: StepBuffer): number {
  out.wipe();
  if (opOf(piece) !== ops.dispense) return opOf(piece) > ops.end ? unplannable : 0;
  const doses = gather(piece, machine, out, timingOf(piece) !== timings.one_after_other);
  const fits = doses !== unplannable && schedule(timingOf(piece), machine, out, doses);
  out.work.fill(0);
  if (fits) return out.count;
  out.wipe();
  return unplannable;
}

/** More of one thing in a piece is no drink, µl. */
const mostAmount = 1_000_000_000;

/** Doses of the piece into the work area of `out`; with `merge` those of one slot become one. Answers how many. */
function gather(piece: PieceView, machine: PlannerMachine, out: StepBuffer, merge: boolean): number {
  let doses = 0;
  if (countOf(piece) > maxDoses) return unplannable;
  for (let entry = 0; entry < countOf(piece); entry += 1) {
    const slot = slotAt(piece, entry);
    const line = machine.slots[slot];
    if (line === undefined || !canRun(line, machine)) return unplannable;
    let dose = merge ? 0 : doses;
    while (dose < doses && out.work[slotAtWork + dose] !== slot) dose += 1;
    out.work[slotAtWork + dose] = slot;
    const amount = valueAt(out.work, amountAtWork + dose) + amountAt(piece, entry);
    if (amount > mostAmount) return unplannable;
    out.work[amountAtWork + dose] = amount;
    const drive = quickDrive(line, amount, flowHintAt(piece, entry), machine);
    out.work[driveAtWork + dose] = drive;
    if (dose === doses) doses += 1;
  }
  return doses;
}

function schedule(timing: number, machine: PlannerMachine, out: StepBuffer, doses: number): boolean {
  const places = Math.max(1, machine.atOnce);
  switch (timing) {
    case timings.machine:
    case timings.together:
      return startWhenFree(machine, out, doses, places);
    case timings.one_after_other:
      return startWhenFree(machine, out, doses, 1);
    case timings.same_end:
      return endTogether(machine, out, doses, places);
    default:
      return false;
  }
}
