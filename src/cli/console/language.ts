import { bestLanguage, type Language } from '#wire/sentences/language.ts';

/** The language of the person at the terminal (POSIX: LC_ALL, LC_MESSAGES, LANG, the first that is set). */
export function consoleLanguage(env: Readonly<Record<string, string | undefined>> = process.env): Language {
  const set = ['LC_ALL', 'LC_MESSAGES', 'LANG'].map((name) => env[name] ?? '').find((value) => value !== '') ?? '';
  return bestLanguage([set.split(/[_.@]/)[0] ?? '']);
}
