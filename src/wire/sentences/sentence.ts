import type { FailureCode } from '#shared/failure-codes.ts';

/**
 * What a person is told about a failure, in plain words. `{name|otherwise}` stands for a fact of the failure, or for
 * the words after the bar when it is missing. `money` is empty where no money is concerned.
 */
export interface Sentence {
  /** What happened. */
  readonly what: string;
  /** What happens to the money. */
  readonly money: string;
  /** What to do now. */
  readonly todo: string;
}

/** One language: a sentence for each failure code. */
export type Sentences = Readonly<Record<FailureCode, Sentence>>;
