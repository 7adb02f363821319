import { type FailureCode, failureCodes } from '#shared/failure-codes.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import type { Language } from './language.ts';
import type { Sentence, Sentences } from './sentence.ts';

const sentences: Readonly<Record<Language, Sentences>> = { de, en };

/** Said for a code of a newer release that this one does not know. */
const unknownCode: Readonly<Record<Language, Sentence>> = {
  de: {
    what: 'Etwas ist schiefgegangen, das diese Version noch nicht benennen kann.',
    money: 'Was bezahlt wurde, bleibt unter Ihrer Bestellnummer vermerkt.',
    todo: 'Bitte zeigen Sie dem Personal diesen Bildschirm.',
  },
  en: {
    what: 'Something went wrong that this version cannot name yet.',
    money: 'Whatever was paid stays recorded under your order number.',
    todo: 'Please show this screen to the staff.',
  },
};

const codes: ReadonlySet<string> = new Set(failureCodes);
const isFailureCode = (code: string): code is FailureCode => codes.has(code);

/**
 * What a person is told about `code`. A hole `{name|otherwise}` takes the fact of that name, or the words after the
 * bar when the fact is missing; so every sentence reads well with any facts. Unknown codes get a general sentence.
 */
export function sentenceFor(
  language: Language,
  code: string,
  facts: Readonly<Record<string, string | number | boolean>> = {},
): Sentence {
  const { what, money, todo } = isFailureCode(code) ? sentences[language][code] : unknownCode[language];
  return { what: fillHoles(what, facts), money: fillHoles(money, facts), todo: fillHoles(todo, facts) };
}

/** `text` with the facts in its holes `{name|otherwise}`. */
export function fillHoles(text: string, facts: Readonly<Record<string, string | number | boolean>>): string {
  return text.replace(/\{([a-z_]+)\|([^{}]*)\}/g, (_hole, name: string, otherwise: string) =>
    String(facts[name] ?? otherwise),
  );
}
