import { longestOnUs } from '#firmware-bridge/limits.ts';
import { longestJob, type StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { beverage } from '#recipes/machine-class.ts';
import { instructionOf, opOf, ops } from '#recipes/record.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import { type PieceView, plan, unplannable } from '../planner/plan.ts';
import type { PlannerMachine } from '../planner/planner-machine.ts';
import { quotient } from '../planner/whole.ts';
import type { Bounds } from './bounds.ts';
import type { ExecutorMachine } from './executor-machine.ts';
import type { Feedback } from './feedback.ts';
import type { TotalsBuffer } from './totals-buffer.ts';

/** What a piece asks for. */
export type Taken =
  /** Its steps are in the buffer. */
  | { readonly t: 'planned' }
  | { readonly t: 'manual'; readonly instruction: number }
  | { readonly t: 'nothing' }
  | { readonly t: 'refused'; readonly why: FailureCode };

export interface TakerParts {
  readonly machine: ExecutorMachine;
  readonly bounds: Bounds;
  readonly totals: TotalsBuffer;
  readonly steps: StepBuffer;
  /** Null without sensors. */
  readonly feedback: Feedback | null;
}

/** Reads opened pieces against the bounds: their steps and amounts are in wiped buffers from then on. */
export class PieceTaker {
  readonly #parts: TakerParts;
  readonly #planner: PlannerMachine;

  /** @throws RangeError for bounds with a line that the machine does not have */
  constructor(parts: TakerParts) {
    const { machine, bounds } = parts;
    const slots = bounds.slots.map(({ line }) => lineAt(machine, line));
    this.#parts = parts;
    this.#planner = { ...machine, slots, nominalFlow: beverage.nominalFlow };
  }

  /** The pumps of this drink. */
  get pumps(): readonly number[] {
    return this.#planner.slots.map(({ pump }) => pump);
  }

  take(view: PieceView): Taken {
    switch (opOf(view)) {
      case ops.dispense:
        return this.#plan(view);
      case ops.pause:
        this.#parts.totals.pauseAfter(view);
        return { t: 'nothing' };
      case ops.manual:
        return { t: 'manual', instruction: instructionOf(view) };
      case ops.check:
      case ops.end:
        return { t: 'nothing' };
      default:
        return { t: 'refused', why: 'recipe/malformed' };
    }
  }

  #plan(view: PieceView): Taken {
    const { totals, bounds, steps } = this.#parts;
    if (!totals.admits(view, bounds)) return { t: 'refused', why: 'recipe/over-bound' };
    if (plan(view, this.#planner, steps) === unplannable) return { t: 'refused', why: 'recipe/malformed' };
    const length = steps.lengthUs();
    const longestWaitMs = quotient(longestJob - length, 1000);
    if (!totals.admitsTime(length, bounds) || totals.pauseMs > longestWaitMs) {
      return { t: 'refused', why: 'recipe/over-bound' };
    }
    const wait = totals.pauseMs * 1000;
    steps.shift(wait);
    totals.order(view);
    totals.spend(wait + length);
    totals.pauseAfter(view);
    this.#weighable();
    return { t: 'planned' };
  }

  /** Lets the only dose of the piece end by its weight, never beyond the bounds or what the far end allows. */
  #weighable(): void {
    const { machine, bounds, totals, steps, feedback } = this.#parts;
    const limits = machine.limits.find(({ pump }) => pump === steps.pump[0]);
    if (machine.byWeight !== true || feedback?.hasWeight !== true || limits === undefined) return;
    feedback.dose.stretch(steps, totals.room(steps.slot[0] ?? 0, bounds), longestOnUs(limits));
  }
}

function lineAt(machine: ExecutorMachine, line: number): ExecutorMachine['lines'][number] {
  const found = machine.lines[line];
  if (found === undefined) throw new RangeError(`the machine has no line ${line}`);
  return found;
}
