import { Failure } from '#shared/failure.ts';
import { instructions } from './instructions.ts';
import { type Dose, type Timing, writeDispense, writeManual, writePause } from './record.ts';
import type { RecipeSource, SourceStep } from './source.ts';

/** The smallest step of a recipe, in the clear; exists only where its author seals it. */
export type Phase =
  | { readonly op: 'dispense'; readonly timing: Timing; readonly doses: readonly Dose[]; readonly pauseMs: number }
  | { readonly op: 'pause'; readonly pauseMs: number }
  | { readonly op: 'manual'; readonly instruction: number };

/** A recipe's phases, and its ingredients in the order of their slots. */
export interface Phases {
  /** Sorted by id: the order of first use would tell something. */
  readonly ingredients: readonly string[];
  /** µl of each slot over all phases. */
  readonly amounts: readonly number[];
  readonly phases: readonly Phase[];
}

/** What the steps of a source come to. */
export function phasesOf(source: RecipeSource): Phases {
  const ingredients = [...new Set(source.steps.flatMap((step) => ('pour' in step ? Object.keys(step.pour) : [])))];
  if (ingredients.length === 0)
    throw new Failure('recipe/source-invalid', { at: 'steps', reason: 'nothing is poured' });
  ingredients.sort();
  const phases = source.steps.map((step) => phaseOf(step, ingredients));
  return { ingredients, phases, amounts: ingredients.map((_, slot) => amountOf(phases, slot)) };
}

/** Writes a phase over `record`. */
export function writePhase(record: DataView, phase: Phase): void {
  switch (phase.op) {
    case 'dispense':
      return writeDispense(record, phase.timing, phase.doses, phase.pauseMs);
    case 'pause':
      return writePause(record, phase.pauseMs);
    case 'manual':
      return writeManual(record, phase.instruction);
  }
}

function phaseOf(step: SourceStep, ingredients: readonly string[]): Phase {
  if ('manual' in step) return { op: 'manual', instruction: instructions[step.manual] };
  if (!('pour' in step)) return { op: 'pause', pauseMs: step.pause_s * 1000 };
  const doses = Object.entries(step.pour).map(([id, millilitres]) => ({
    slot: ingredients.indexOf(id),
    amountUl: millilitres * 1000,
  }));
  return { op: 'dispense', timing: step.timing, doses, pauseMs: (step.pause_s ?? 0) * 1000 };
}

function amountOf(phases: readonly Phase[], slot: number): number {
  const doses = phases.flatMap((phase) => (phase.op === 'dispense' ? phase.doses : []));
  return doses.filter((dose) => dose.slot === slot).reduce((sum, dose) => sum + dose.amountUl, 0);
}
