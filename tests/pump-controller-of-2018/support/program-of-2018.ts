import { type Imported, importProgram } from '#recipes/import-2018.ts';
import { readProgram } from '#recipes/program-2018.ts';
import { isFailure } from '#shared/failure.ts';

/** A line of a recipe program as the 2018 machine wrote it. */
export function lineOf(components: readonly (readonly [string, unknown])[], others: object = {}): object {
  return {
    timing: 2,
    sleep: 0,
    components: components.map(([ingredient, amount]) => ({ ingredient, amount })),
    ...others,
  };
}

/** What `decant recipe import-2018` makes of such lines. */
export function imported(...lines: readonly object[]): Imported {
  return importProgram(readProgram(JSON.stringify({ recipe: { lines } })), new Map());
}

/** Where and why it refuses them; fails when it does not, or by another code. */
export function refusedProgram(...lines: readonly object[]): string {
  try {
    imported(...lines);
  } catch (error) {
    if (isFailure(error, 'recipe/source-invalid'))
      return `${String(error.facts['at'])} ${String(error.facts['reason'])}`;
    throw error;
  }
  throw new Error('it was imported');
}
