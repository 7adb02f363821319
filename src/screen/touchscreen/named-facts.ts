import type { DrinkView, ProblemView } from '#wire/screen-api.ts';
import type { Language } from '#wire/sentences/language.ts';

/** `problem` with the ids of the drink's ingredients replaced by the names that a guest knows. */
export function namedFacts(problem: ProblemView, drink: DrinkView | null, language: Language): ProblemView {
  const nameOf = (value: string): string =>
    drink?.ingredients.find((ingredient) => ingredient.id === value)?.name[language] ?? value;
  const facts = Object.entries(problem.facts).map(([key, value]) => [key, nameOf(value)] as const);
  return { code: problem.code, facts: Object.fromEntries(facts) };
}
