import { type Failure, isFailure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import type { Language } from '#wire/sentences/language.ts';
import { fillHoles, sentenceFor } from '#wire/sentences/sentence-for.ts';
import { consoleSentences } from './console-sentences.ts';

/** What a failed command says on stderr, and its exit code. */
export interface Explanation {
  readonly text: string;
  readonly exitCode: 1 | 2;
}

/** Failures after which the caller has to call otherwise, or to get something first. */
const callOtherwise: readonly string[] = [
  'config/package-missing',
  'config/invalid',
  'config/port-taken',
  'token/missing',
  'token/refused',
  'token/soft-refused',
  'machine/not-provisioned',
  // another try with the same PIN would bring the token nearer to locking itself
  'token/wrong-pin',
  'token/pin-locked',
];

/** One sentence for a person and the code for a program; null for a bug, whose stack is wanted. */
export function explain(error: unknown, language: Language): Explanation | null {
  const failure = isFailure(error) ? { code: error.code, facts: error.facts } : failureOfArguments(error);
  if (failure === null) return null;
  const { code, facts } = failure;
  const sentence = consoleSentences[language][code] ?? sentenceFor(language, code, facts);
  const told = `${fillHoles(sentence.what, facts)} ${fillHoles(sentence.todo, facts)}`;
  const mistakes = typeof facts['mistakes'] === 'string' ? `\n${facts['mistakes']}` : '';
  const outside = /^(usage|file|memory|process)\//.test(code) || callOtherwise.includes(code);
  return { text: `${told} [${code}${reasonIn(facts)}]${mistakes}\n`, exitCode: outside ? 2 : 1 };
}

/** The reason as the log has it, where the sentence does not say it. */
function reasonIn(facts: Failure['facts']): string {
  return 'reason' in facts && !('path' in facts) && !('at' in facts) ? `: ${facts['reason']}` : '';
}

/** What `parseArgs` of Node complains about, as a failure of ours. */
function failureOfArguments(error: unknown): { code: FailureCode; facts: Failure['facts'] } | null {
  const code = error instanceof TypeError && 'code' in error ? String(error.code) : '';
  const [, named = ''] = /'([^']+)'/.exec(error instanceof Error ? error.message : '') ?? [];
  const option = named.split(' ')[0] ?? '';
  switch (code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return { code: 'usage/option-unknown', facts: { option } };
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return { code: 'usage/option-missing', facts: { option: named.replace(/ <value>$/, '') } };
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return { code: 'usage/argument-unknown', facts: { argument: named } };
    default:
      return null;
  }
}
