import { valueAt } from '#firmware-bridge/column.ts';
import { longestJob, type StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { maxDoses } from '#recipes/record.ts';
import { doseTime, slowestDriveWithin } from './drive.ts';
import type { PlannerLine, PlannerMachine } from './planner-machine.ts';
import { pulse } from './pulse.ts';

/** Places in the work area of the steps: for each dose its slot, amount and drive. */
export const slotAtWork = 0;
export const amountAtWork = slotAtWork + maxDoses;
export const driveAtWork = amountAtWork + maxDoses;

/**
 * Each dose starts as soon as the machine has a place and the power for it, in the piece's order: nobody overtakes, so nobody waits
 * for ever. False when that takes longer than a job may.
 */
export function startWhenFree(machine: PlannerMachine, out: StepBuffer, doses: number, places: number): boolean {
  let start = 0;
  for (let dose = 0; dose < doses; dose += 1) {
    const line = lineOf(machine, out, dose);
    const drive = valueAt(out.work, driveAtWork + dose);
    const onUs = doseTime(line, valueAt(out.work, amountAtWork + dose), drive);
    start = freeFrom(start, line, machine, out, places);
    if (start + onUs > longestJob) return false;
    out.push(line.pump, valueAt(out.work, slotAtWork + dose), drive, start, start + onUs);
  }
  return true;
}

/** Rounds of as many doses as may run at once; in each all start together and end with the slowest. */
export function endTogether(machine: PlannerMachine, out: StepBuffer, doses: number, places: number): boolean {
  let start = 0;
  let first = 0;
  while (first < doses) {
    const last = endOfRound(machine, out, first, doses, places);
    let span = 0;
    for (let dose = first; dose < last; dose += 1) {
      const amount = valueAt(out.work, amountAtWork + dose);
      span = Math.max(span, doseTime(lineOf(machine, out, dose), amount, valueAt(out.work, driveAtWork + dose)));
    }
    if (start + span > longestJob) return false;
    for (let dose = first; dose < last; dose += 1) stretch(machine, out, dose, start, span);
    start += span;
    first = last;
  }
  return true;
}

/** Whether `line` may run at all: with all others off. */
export function canRun(line: PlannerLine, machine: PlannerMachine): boolean {
  return powerOf(line) <= budgetOf(machine);
}

/** The first moment from `from` on when `line` may start; every step in `out` has started by `from`. */
function freeFrom(from: number, line: PlannerLine, machine: PlannerMachine, out: StepBuffer, places: number): number {
  let at = from;
  while (!fits(at, line, machine, out, places)) at = nextStop(out, at);
  return at;
}

function fits(at: number, line: PlannerLine, machine: PlannerMachine, out: StepBuffer, places: number): boolean {
  let running = 0;
  let power = powerOf(line);
  for (let row = 0; row < out.count; row += 1) {
    if (valueAt(out.stopUs, row) <= at) continue;
    running += 1;
    power += powerOf(lineAt(machine, valueAt(out.slot, row)));
  }
  return running === 0 || (running < places && power <= budgetOf(machine));
}

/** When the next of the running steps stops. */
function nextStop(out: StepBuffer, at: number): number {
  let next = longestJob;
  for (let row = 0; row < out.count; row += 1) {
    const stop = valueAt(out.stopUs, row);
    if (stop > at && stop < next) next = stop;
  }
  return next;
}

/** The dose behind the last one of the round that begins with `first`. */
function endOfRound(machine: PlannerMachine, out: StepBuffer, first: number, doses: number, places: number): number {
  let power = 0;
  let dose = first;
  while (dose < doses && dose - first < places) {
    power += powerOf(lineOf(machine, out, dose));
    if (power > budgetOf(machine)) break;
    dose += 1;
  }
  return Math.max(dose, first + 1);
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
  return lineAt(machine, valueAt(out.work, slotAtWork + dose));
}

function lineAt(machine: PlannerMachine, slot: number): PlannerLine {
  const line = machine.slots[slot];
  if (line === undefined) throw new RangeError('a slot without a line');
  return line;
}

function powerOf(line: PlannerLine): number {
  return line.powerMw ?? 0;
}

function budgetOf(machine: PlannerMachine): number {
  return machine.powerMw ?? 0x7fff_ffff;
}
