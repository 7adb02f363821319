import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { Failure } from './failure.ts';

/** One mistake in a configuration file, with the line where it stands (1-based; 0 when it stands nowhere). */
export interface ConfigMistake {
  readonly line: number;
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/**
 * A YAML file held against its schema: the value, or every mistake. Unknown keys are mistakes.
 */
export function readConfig<S extends z.ZodType>(
  text: string,
  schema: S,
): { readonly ok: true; readonly value: z.output<S> } | { readonly ok: false; readonly mistakes: ConfigMistake[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    const mistakes = document.errors.map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      path: '',
      found: 'not YAML',
      expected: error.message.split('\n')[0] ?? '',
    }));
    return { ok: false, mistakes };
  }
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return { ok: true, value: parsed.data };
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let depth = path.length; depth >= 0; depth -= 1) {
      const node = document.getIn(path.slice(0, depth) as unknown[], true) as
        | { range?: [number, number, number] }
        | undefined;
      if (node?.range) return lines.linePos(node.range[0]).line;
    }
    return 0;
  };
  return { ok: false, mistakes: parsed.error.issues.map((issue) => mistake(issue, document.toJS(), lineOf)) };
}

function mistake(
  issue: z.core.$ZodIssue,
  value: unknown,
  lineOf: (path: readonly PropertyKey[]) => number,
): ConfigMistake {
  const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const path = [...issue.path, ...keys.slice(0, 1)];
  const found = path.reduce<unknown>(
    (node, key) =>
      typeof node === 'object' && node !== null ? (node as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
  return {
    line: lineOf(path),
    path: path.join('.'),
    found: found === undefined ? 'nothing' : clipped(JSON.stringify(found)),
    expected: issue.code === 'unrecognized_keys' ? 'no such key here' : issue.message,
  };
}

/** A value as far as it fits into a line. */
function clipped(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Every mistake on a line of its own, as a person reads it. */
export function describeMistakes(file: string, mistakes: readonly ConfigMistake[]): string {
  return mistakes
    .map(({ line, path, found, expected }) => `${file}:${line}: ${path || 'the file'} is ${found}; ${expected}`)
    .join('\n');
}

/** @throws Failure `config/invalid`, with every mistake in its facts */
export function requireConfig<S extends z.ZodType>(file: string, text: string, schema: S): z.output<S> {
  const read = readConfig(text, schema);
  if (read.ok) return read.value;
  throw new Failure('config/invalid', { file, mistakes: describeMistakes(file, read.mistakes) });
}
