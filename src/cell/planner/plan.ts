import { valueAt } from '#firmware-bridge/column.ts';
import { longestJob, type StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { amountAt, countOf, flowHintAt, maxDoses, opOf, ops, slotAt, timingOf, timings } from '#recipes/record.ts';
import { doseTime, quickDrive, slowestDriveWithin } from './drive.ts';
import type { PlannerLine, PlannerMachine } from './planner-machine.ts';
import { pulse } from './pulse.ts';

/** An opened record of machine class `beverage` (`recipes/record.ts`); its fields are read in place. */
export type PieceView = DataView;

/** Answer of `plan` for a piece that this machine cannot turn into steps. */
export const unplannable = -1;

/**
 * Turns one piece into pump steps in `out`, which is wiped first, and answers how many; 0 for a piece that pours nothing,
 * `unplannable` for an unknown operation, timing or slot and for a job longer than `longestJob`. Pure, and without memory of
 * its own: every amount stays in `piece` and `out`.
 *
 * What the steps carry by the calibration is what the piece orders, to within 1 µl per step. Timings (those of the 2018
 * machine): 0 and 1 all start together, each as fast as it can; 2 all start together and end with the slowest; 3 one
 * after the other. Where more pumps would run than the machine may run at once, later ones wait (0, 1), or the piece is
 * poured in rounds that each end together (2).
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

/** Places in the work area: for each dose its slot, amount and drive, and when each place in the power budget falls free. */
const slotAtWork = 0;
const amountAtWork = slotAtWork + maxDoses;
const driveAtWork = amountAtWork + maxDoses;
const freeAtWork = driveAtWork + maxDoses;

/** Doses of the piece into the work area of `out`; with `merge` those of one slot become one. Answers how many. */
function gather(piece: PieceView, machine: PlannerMachine, out: StepBuffer, merge: boolean): number {
  let doses = 0;
  if (countOf(piece) > maxDoses) return unplannable;
  for (let entry = 0; entry < countOf(piece); entry += 1) {
    const slot = slotAt(piece, entry);
    const line = machine.slots[slot];
    if (line === undefined) return unplannable;
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
  const budget = Math.max(1, machine.atOnce);
  switch (timing) {
    case timings.machine:
    case timings.together:
      return startWhenFree(machine, out, doses, budget);
    case timings.one_after_other:
      return startWhenFree(machine, out, doses, 1);
    case timings.same_end:
      return endTogether(machine, out, doses, budget);
    default:
      return false;
  }
}

/** Each dose starts as soon as one of `places` in the power budget is free, in the piece's order. */
function startWhenFree(machine: PlannerMachine, out: StepBuffer, doses: number, places: number): boolean {
  for (let dose = 0; dose < doses; dose += 1) {
    const line = lineOf(machine, out, dose);
    const place = freeAtWork + earliest(out, Math.min(places, maxDoses));
    const start = valueAt(out.work, place);
    const onUs = doseTime(line, valueAt(out.work, amountAtWork + dose), valueAt(out.work, driveAtWork + dose));
    if (start + onUs > longestJob) return false;
    out.push(
      line.pump,
      valueAt(out.work, slotAtWork + dose),
      valueAt(out.work, driveAtWork + dose),
      start,
      start + onUs,
    );
    out.work[place] = start + onUs;
  }
  return true;
}

function earliest(out: StepBuffer, places: number): number {
  let best = 0;
  for (let place = 1; place < places; place += 1) {
    if (valueAt(out.work, freeAtWork + place) < valueAt(out.work, freeAtWork + best)) best = place;
  }
  return best;
}

/** Rounds of as many doses as may run at once; in each all start together and end with the slowest. */
function endTogether(machine: PlannerMachine, out: StepBuffer, doses: number, budget: number): boolean {
  let start = 0;
  for (let first = 0; first < doses; first += budget) {
    const last = Math.min(doses, first + budget);
    let span = 0;
    for (let dose = first; dose < last; dose += 1) {
      const line = lineOf(machine, out, dose);
      const onUs = doseTime(line, valueAt(out.work, amountAtWork + dose), valueAt(out.work, driveAtWork + dose));
      span = Math.max(span, onUs);
    }
    if (start + span > longestJob) return false;
    for (let dose = first; dose < last; dose += 1) stretch(machine, out, dose, start, span);
    start += span;
  }
  return true;
}

/**
 * One dose over `span`: slowed so far that it ends with the others, in pulses where the pump has one speed only, and
 * otherwise at its lowest speed, ending early (as the 2018 machine did with a pump that is too fast).
 */
function stretch(machine: PlannerMachine, out: StepBuffer, dose: number, start: number, span: number): void {
  const line = lineOf(machine, out, dose);
  const slot = valueAt(out.work, slotAtWork + dose);
  const amount = valueAt(out.work, amountAtWork + dose);
  if (line.calibration.isSingleSpeed) return pulse(line, slot, amount, start, span, out);
  const longest = Math.min(span, line.longestOnUs ?? span);
  const drive = slowestDriveWithin(line, amount, valueAt(out.work, driveAtWork + dose), longest);
  out.push(line.pump, slot, drive, start, start + doseTime(line, amount, drive));
}

function lineOf(machine: PlannerMachine, out: StepBuffer, dose: number): PlannerLine {
  const line = machine.slots[valueAt(out.work, slotAtWork + dose)];
  if (line === undefined) throw new RangeError('a slot without a line');
  return line;
}
