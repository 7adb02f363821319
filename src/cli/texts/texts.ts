import type { Language } from '#wire/sentences/language.ts';
import type { ConsoleTexts } from './console-texts.ts';
import { de } from './de.ts';
import { en } from './en.ts';

const all: Readonly<Record<Language, ConsoleTexts>> = { de, en };

export function textsFor(language: Language): ConsoleTexts {
  return all[language];
}
