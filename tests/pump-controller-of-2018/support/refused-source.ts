import { readSource } from '#recipes/source.ts';
import { isFailure } from '#shared/failure.ts';

/** Where a source is refused, and why; fails when it is not refused, or by another code. */
export interface RefusedSource {
  readonly line: unknown;
  readonly at: unknown;
  readonly reason: string;
}

/** Reads a source that must be refused. */
export function refusedSource(text: string): RefusedSource {
  try {
    readSource(text);
  } catch (error) {
    if (!isFailure(error, 'recipe/source-invalid')) throw error;
    const { line, at, reason } = error.facts;
    return { line, at, reason: String(reason) };
  }
  throw new Error('it was accepted');
}
