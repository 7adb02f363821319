import { sentenceFor } from '#wire/sentences/sentence-for.ts';
import type { OrderView } from '#wire/screen-api.ts';

/** What the customer reads on the screen: the code, and the sentences that stand for it in English. */
export interface Told {
  readonly code: string;
  readonly what: string;
  readonly money: string;
  readonly todo: string;
}

export function told({ problem }: Pick<OrderView, 'problem'>): Told | null {
  return problem === null ? null : { code: problem.code, ...sentenceFor('en', problem.code, problem.facts) };
}
