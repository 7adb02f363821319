import { type Feasibility, feasible, type Obstacle, type PublicBounds } from '#recipes/feasibility.ts';
import { type PredictedError, predictedError } from '#recipes/predicted-error.ts';
import { Failure } from '#shared/failure.ts';
import { type CellStatus, machineFacts } from '#wire/cell-api.ts';
import type { Language } from '#wire/sentences/language.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { explain } from '../console/explain.ts';
import type { ConsoleTexts } from '../texts/console-texts.ts';

/** Whether a machine can make a recipe now, and how exactly; judged by what is published of both. */
export interface Fit {
  readonly machine: string;
  readonly verdict: Feasibility;
  /** Null while the error of one of the lines is not known. */
  readonly error: PredictedError | null;
}

export function fitOf(manifest: PublicBounds, status: CellStatus): Fit {
  const machine = machineFacts(status);
  return { machine: status.name, verdict: feasible(manifest, machine), error: predictedError(manifest, machine) };
}

/** The fit for programs: the verdict, its reasons by their codes, the errors in µl and percent. */
export function plainFit({ machine, verdict, error }: Fit) {
  return { machine, ok: verdict.ok, reasons: verdict.ok ? [] : verdict.reasons, error };
}

/** The fit for people, a line each. */
export function fitRows(
  { machine, verdict, error }: Fit,
  { bounds }: PublicBounds,
  { fits: words }: ConsoleTexts['recipe'],
  language: Language,
): string[] {
  const reasons = verdict.ok ? [] : verdict.reasons.map((reason) => `  ! ${sentence(reason, language)}`);
  return [
    fillHoles(verdict.ok ? words.can : words.cannot, { machine }),
    ...reasons,
    ...errorRows(error, bounds, words),
  ];
}

type Words = ConsoleTexts['recipe']['fits'];

function errorRows(error: PredictedError | null, bounds: PublicBounds['bounds'], words: Words): string[] {
  if (error === null) return [`  ${words.unknown}`];
  const { ingredients, once, worst } = error;
  const rows = [
    ...ingredients.map((each) => [each.ingredient, each, bounds.min_dose] as const),
    [words.once, once, bounds.total_ul] as const,
    [words.worst, worst, bounds.total_ul] as const,
  ];
  const width = Math.max(...rows.map(([title]) => title.length)) + 2;
  return rows.map(
    ([title, { error_ul, percent }, of]) =>
      `  ${title.padEnd(width)}${fillHoles(words.error, { error: ml(error_ul), of: ml(of), percent })}`,
  );
}

const ml = (ul: number): string => (ul / 1000).toFixed(1);

function sentence({ code, facts }: Obstacle, language: Language): string {
  return explain(new Failure(code, facts), language)?.text.trim() ?? code;
}
