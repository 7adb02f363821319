import type { Language } from '#wire/sentences/language.ts';

const locales: Readonly<Record<Language, string>> = { de: 'de-DE', en: 'en-GB' };
const noBreakSpace = '\u00a0';

/** An amount of money, e.g. `12.500 sat`. */
export function formatSat(language: Language, sat: number): string {
  return `${new Intl.NumberFormat(locales[language]).format(sat)}${noBreakSpace}sat`;
}

/** The same amount in bitcoin with all eight places, e.g. `0.00012500 BTC`. */
export function formatBtc(language: Language, sat: number): string {
  const number = new Intl.NumberFormat(locales[language], { minimumFractionDigits: 8, maximumFractionDigits: 8 });
  return `${number.format(sat / 100_000_000)}${noBreakSpace}BTC`;
}

/** A volume in whole millilitres, e.g. `200 ml`. */
export function formatMl(language: Language, microlitres: number): string {
  return `${new Intl.NumberFormat(locales[language]).format(Math.round(microlitres / 1000))}${noBreakSpace}ml`;
}

/** Date and time of day where the machine stands. */
export function formatTime(language: Language, atMs: number): string {
  return new Intl.DateTimeFormat(locales[language], { dateStyle: 'medium', timeStyle: 'short' }).format(atMs);
}

/** Minutes and seconds, e.g. `9:05`; never below `0:00`. */
export function formatCountdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** An address in groups of four, for comparing by eye. */
export function addressGroups(address: string): readonly string[] {
  return address.match(/.{1,4}/g) ?? [];
}
