import { describe, expect, test } from 'vitest';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { findingNames } from '../doctor/finding.ts';
import { de } from './de.ts';
import { en } from './en.ts';

const holes = (text: string): string[] =>
  [...text.matchAll(/\{([a-z_]+)\|[^{}]+\}/g)].map(([, name]) => name ?? '').sort();

describe('what doctor finds', () => {
  test.each(findingNames)('is said in both languages with the same facts: %s', (name) => {
    for (const part of ['what', 'todo'] as const) {
      expect(holes(de.findings[name][part])).toEqual(holes(en.findings[name][part]));
      expect(fillHoles(de.findings[name][part], {})).not.toMatch(/[{}|]/);
      expect(fillHoles(en.findings[name][part], {})).not.toMatch(/[{}|]/);
    }
    expect(de.findings[name].todo === '').toBe(en.findings[name].todo === '');
    expect(de.findings[name].what).not.toBe(en.findings[name].what);
  });

  test('has an advice wherever something is wrong', () => {
    const wrong = findingNames.filter((name) => !/\/(good|pinned|none|alone|unknown|by-systemd)$|^needs\//.test(name));
    for (const name of [...wrong, 'prekeys/none' as const]) expect(en.findings[name].todo).toMatch(/^[A-Z`].+\.$/);
  });
});

describe('the other texts', () => {
  test('have the same holes in both languages', () => {
    for (const [group, texts] of Object.entries(en)) {
      if (group === 'findings') continue;
      for (const [key, text] of Object.entries(texts as Record<string, string>)) {
        const other = (de as unknown as Record<string, Record<string, string>>)[group]?.[key] ?? '';
        expect({ key, holes: holes(other) }).toEqual({ key, holes: holes(text) });
      }
    }
  });
});
