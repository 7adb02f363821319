import { Failure } from '#shared/failure.ts';
import type { MicrolitresPerSecond } from '#shared/units.ts';
import { type Bounds, minDoseClasses } from './manifest-schema.ts';
import type { Phase, Phases } from './phases.ts';

/** Published durations, ms; a recipe has the first that its reckoned time with head-room does not exceed. */
export const durationClasses = [
  10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 90_000, 120_000, 180_000, 240_000, 360_000, 480_000, 720_000,
  1_200_000, 2_400_000,
] as const;

/** Slower small doses, staggered starts and held interlocks must not cross a recipe's bound. */
const headRoom = 1.5;
const dripMs = 2_000;

/** The signed limits of a recipe, coarse so that they do not give it away. */
export function boundsOf(recipe: Phases, nominalFlow: MicrolitresPerSecond): Bounds {
  const reckoned = recipe.phases.reduce((sum, phase) => sum + phaseMs(phase, nominalFlow), dripMs) * headRoom;
  return {
    total_ul: recipe.amounts.reduce((sum, amount) => sum + amount, 0),
    duration_ms: durationClasses.find((limit) => reckoned <= limit) ?? tooLong(),
    parallel: Math.max(...recipe.phases.map(linesAtOnce)),
    min_dose: minDoseClass(Math.min(...recipe.phases.flatMap(doseAmounts))),
  };
}

/** `amount` rounded up to whole quarters of the total. */
export function maxUl(amount: number, totalUl: number): number {
  for (let quarters = 1; quarters < 4; quarters += 1) {
    const limit = Math.ceil((totalUl * quarters) / 4);
    if (amount <= limit) return limit;
  }
  return totalUl;
}

/** Pieces of a recipe of so many phases: a check before them, an end behind, padded with ends to 8, 16, 32 … */
export function paddedPieceCount(phases: number): number {
  let count = 8;
  while (count < phases + 2) count *= 2;
  return count;
}

function phaseMs(phase: Phase, flow: MicrolitresPerSecond): number {
  if (phase.op === 'manual') return 0;
  if (phase.op === 'pause') return phase.pauseMs;
  const amounts = doseAmounts(phase);
  const inTurn = phase.timing === 'one_after_other' || phase.timing === 'machine';
  const volume = inTurn ? amounts.reduce((sum, amount) => sum + amount, 0) : Math.max(...amounts);
  return Math.ceil((volume / flow) * 1000) + phase.pauseMs;
}

function linesAtOnce(phase: Phase): number {
  if (phase.op !== 'dispense' || phase.timing === 'one_after_other') return 1;
  return phase.doses.length;
}

function doseAmounts(phase: Phase): number[] {
  return phase.op === 'dispense' ? phase.doses.map((dose) => dose.amountUl) : [];
}

function minDoseClass(smallest: number): Bounds['min_dose'] {
  const found = minDoseClasses.findLast((limit) => limit <= smallest);
  if (found === undefined) throw new Failure('recipe/source-invalid', { at: 'steps', reason: 'a dose below 5 ml' });
  return found;
}

function tooLong(): never {
  throw new Failure('recipe/source-invalid', { at: 'steps', reason: 'it takes too long' });
}
