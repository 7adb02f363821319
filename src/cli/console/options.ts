import { Failure } from '#shared/failure.ts';

/** An option that must be given. @throws Failure `usage/option-missing` */
export function required(value: string | undefined, option: string): string {
  if (value === undefined) throw new Failure('usage/option-missing', { option });
  return value;
}

/** A whole number from `least` to `most`. @throws Failure `usage/option-wrong` */
export function wholeOption(text: string, option: string, { least = 0, most = 999_999_999 } = {}): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value < least || value > most) throw new Failure('usage/option-wrong', { option, value: text });
  return value;
}

/** A TCP port, 0 for a free one. @throws Failure `usage/option-wrong` */
export function portOption(text: string, option: string): number {
  return wholeOption(text, option, { most: 65_535 });
}

/** One of a few words. @throws Failure `usage/option-wrong` */
export function wordOption<W extends string>(text: string, option: string, words: readonly W[]): W {
  const word = words.find((one) => one === text);
  if (word === undefined) throw new Failure('usage/option-wrong', { option, value: text });
  return word;
}

/** Refuses what stands beyond the expected arguments. @throws Failure `usage/argument-unknown` */
export function noMoreThan(count: number, positionals: readonly string[]): void {
  const extra = positionals[count];
  if (extra !== undefined) throw new Failure('usage/argument-unknown', { argument: extra });
}

/** What is thrown when the first word after a command is missing or none of `actions`. */
export function unknownAction(action: string | undefined, actions: readonly string[]): Failure {
  if (action === undefined) return new Failure('usage/option-missing', { option: actions.join(' / ') });
  return new Failure('usage/argument-unknown', { argument: action });
}
