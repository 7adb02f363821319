import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allergen } from '#wire/screen-api.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { textFor } from './text-for.ts';

const holes = (text: string): string[] => [...text.matchAll(/\{([a-z_]+)\}/g)].map(([hole]) => hole).sort();
const keys = Object.keys(en) as (keyof typeof en)[];

describe('the texts of the touchscreen', () => {
  it('have the same keys in every language', () => {
    expect(Object.keys(de).sort()).toEqual([...keys].sort());
  });

  it.each(keys)('say %s in both languages with the same holes', (key) => {
    expect(de[key].trim()).not.toBe('');
    expect(en[key].trim()).not.toBe('');
    expect(holes(de[key])).toEqual(holes(en[key]));
  });

  it('are all used somewhere', () => {
    const folder = new URL('../touchscreen/', import.meta.url);
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
      .join('\n');
    const composed = (key: string): boolean => /^(allergen\.|receipt\.|hold\.(hold|resume)$)/.test(key);
    expect(keys.filter((key) => !composed(key) && !new RegExp(`['"]${key}['"]`).test(sources))).toEqual([]);
  });

  it('name all 14 allergens', () => {
    expect(allergen.options).toHaveLength(14);
    for (const name of allergen.options) expect(keys).toContain(`allergen.${name}`);
  });

  it('take the values that are given', () => {
    expect(textFor('de', 'bar.order', { number: 17 })).toBe('Bestellung 17');
  });
});
