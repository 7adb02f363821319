import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { invariant } from '#shared/failure.ts';
import type { LocalText } from '#wire/screen-api.ts';
import { sentenceFor } from '#wire/sentences/sentence-for.ts';
import type { Sentence } from '#wire/sentences/sentence.ts';
import { formatBtc, formatMl, formatSat, formatTime } from '../texts/formats.ts';
import { textFor } from '../texts/text-for.ts';
import type { TextKey } from '../texts/texts.ts';
import type { ScreenEvent, ScreenState } from './state/screen-state.ts';

/** What every page is given: the state, a way to say what was touched, and words in the chosen language. */
export interface Screen {
  readonly state: ScreenState;
  send(event: ScreenEvent): void;
  /** A new order id. */
  newId(): string;
  text(key: TextKey, values?: Readonly<Record<string, string | number>>): string;
  local(text: LocalText): string;
  sentence(problem: { readonly code: string; readonly facts: Readonly<Record<string, string>> }): Sentence;
  sat(amount: number): string;
  btc(amount: number): string;
  ml(microlitres: number): string;
  time(atMs: number): string;
}

/** The words and the send function for `state`. */
export function screenFor(state: ScreenState, send: Screen['send'], newId: () => string): Screen {
  const { language } = state;
  return {
    state,
    send,
    newId,
    text: (key, values) => textFor(language, key, values),
    local: (text) => text[language],
    sentence: ({ code, facts }) => sentenceFor(language, code, facts),
    sat: (amount) => formatSat(language, amount),
    btc: (amount) => formatBtc(language, amount),
    ml: (microlitres) => formatMl(language, microlitres),
    time: (atMs) => formatTime(language, atMs),
  };
}

export const ScreenContext = createContext<Screen | null>(null);

/** The screen around this component. */
export function useScreen(): Screen {
  const screen = useContext(ScreenContext);
  invariant(screen !== null, 'a page is drawn inside the screen');
  return screen;
}
