import { describe, expect, it } from 'vitest';
import { failureCodes } from '#shared/failure-codes.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { bestLanguage } from './language.ts';
import { sentenceFor } from './sentence-for.ts';

const holes = (text: string): string[] =>
  [...text.matchAll(/\{([a-z_]+)\|[^{}]+\}/g)].map(([, name]) => name ?? '').sort();

describe('the sentences about failures', () => {
  it.each(failureCodes)('say in both languages what %s is, what happens to the money and what to do', (code) => {
    for (const { what, todo } of [de[code], en[code]]) {
      expect(what).toMatch(/^[A-ZÄÖÜ{].+[.!?}]$/);
      expect(todo).toMatch(/^[A-ZÄÖÜ{].+[.!?}]$/);
    }
    expect(de[code].what).not.toBe(en[code].what);
    expect(de[code].money === '').toBe(en[code].money === '');
    for (const part of ['what', 'money', 'todo'] as const) expect(holes(de[code][part])).toEqual(holes(en[code][part]));
  });

  it('know no code that does not exist', () => {
    expect(Object.keys(en).sort()).toEqual([...failureCodes].sort());
    expect(Object.keys(de).sort()).toEqual([...failureCodes].sort());
  });

  it('leave no hole open when a fact is missing', () => {
    for (const code of failureCodes) {
      for (const language of ['de', 'en'] as const) {
        expect(Object.values(sentenceFor(language, code)).join(' ')).not.toMatch(/[{}|]/);
      }
    }
  });

  it('take the facts that are given', () => {
    const said = sentenceFor('en', 'machine/ingredient-missing', { ingredient: 'lime juice' });
    expect(said.what).toBe('Used up or not loaded: lime juice.');
  });

  it('fall back to a general sentence for a code of a newer release', () => {
    expect(sentenceFor('de', 'future/thing').what).toContain('noch nicht benennen');
  });
});

describe('the language of a browser', () => {
  it('is the first wanted one that is shipped, English when none is', () => {
    expect(bestLanguage(['fr-FR', 'de-AT', 'en'])).toBe('de');
    expect(bestLanguage(['pl', 'it'])).toBe('en');
    expect(bestLanguage([])).toBe('en');
  });
});
