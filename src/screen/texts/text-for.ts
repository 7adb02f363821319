import type { Language } from '#wire/sentences/language.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import type { TextKey, Texts } from './texts.ts';

const languages: Readonly<Record<Language, Texts>> = { de, en };

/** The text of `key` in `language`, with each `{name}` replaced by the value of that name. */
export function textFor(
  language: Language,
  key: TextKey,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return languages[language][key].replace(/\{([a-z_]+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}
