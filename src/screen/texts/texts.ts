import type { en } from './en.ts';

export type TextKey = keyof typeof en;

/** One language: a text for each key. */
export type Texts = Readonly<Record<TextKey, string>>;
