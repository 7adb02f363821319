import { z } from 'zod';
import { Failure } from '#shared/failure.ts';

/** One line of a recipe program of the 2018 machine: what it pours, in which timing mode, and how long it sleeps afterwards. */
export interface ProgramLine {
  readonly timing: 0 | 1 | 2 | 3;
  /** Milliseconds. */
  readonly sleep: number;
  /** Whole millilitres. */
  readonly components: readonly { readonly ingredient: string; readonly amount: number }[];
}

/** Longer is no recipe program. */
const mostCharacters = 100_000;
const mostLines = 64;
/** Of one thing in one line; a glass does not hold more. */
const mostMl = 1000;
const longestSleep = 60_000;

// the machine ended itself over amounts of nothing or less, and over lines without components; fractions it cut off
const component = z.object({
  ingredient: z.string('must be the id of an ingredient').trim().min(1).max(64),
  amount: z.int(`must be whole millilitres from 1 to ${mostMl}`).min(1).max(mostMl),
});
const line = z.object({
  timing: z.literal([0, 1, 2, 3], 'must be 0, 1, 2 or 3'),
  sleep: z.int(`must be milliseconds from 0 to ${longestSleep}`).min(0).max(longestSleep).default(0),
  components: z.array(component, 'must list what is poured').min(1, 'must not be empty').max(64),
});
const lines = z.array(line, 'must be a list of lines').min(1, 'must not be empty').max(mostLines);

/**
 * The lines of a recipe program of the 2018 machine: JSON, with its wrapper as the machine took it or without as its README showed
 * it. Keys that meant nothing there mean nothing here.
 * @throws Failure `recipe/source-invalid` {at, reason} for the first mistake, and for everything else that this JSON may be
 */
export function readProgram(text: string): readonly ProgramLine[] {
  const document = parsed(text);
  if (document['sequences'] !== undefined) {
    throw refused('sequences', 'the layers of an editor, not the lines that the machine took');
  }
  const { recipe = document } = document;
  const read = z.object({ lines }, 'must hold lines').safeParse(recipe);
  if (read.success) return read.data.lines;
  const [issue] = read.error.issues;
  throw refused(issue?.path.join('.') || 'the file', issue?.message ?? 'not a recipe program');
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  if (text.length > mostCharacters) throw refused('the file', 'too long for a recipe program');
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null) return document as Readonly<Record<string, unknown>>;
  } catch {
    // not JSON at all
  }
  throw refused('the file', 'no JSON object; an encrypted program must be decrypted by its author first');
}

function refused(at: string, reason: string): Failure {
  return new Failure('recipe/source-invalid', { at, reason });
}
