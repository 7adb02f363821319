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
    const wrong = findingNames.filter(
      (name) => !/\/(good|running|pinned|none|alone|unknown|by-systemd)$|^needs\//.test(name),
    );
    for (const name of [...wrong, 'prekeys/none' as const]) expect(en.findings[name].todo).toMatch(/^[A-Z`].+\.$/);
  });
});

/** Every text below `texts`, by its path. */
function textsBelow(texts: object, path = ''): [string, string][] {
  return Object.entries(texts).flatMap(([key, text]) =>
    typeof text === 'string'
      ? [[`${path}${key}`, text] as [string, string]]
      : textsBelow(text as object, `${path}${key}.`),
  );
}

describe('the other texts', () => {
  test('have the same holes in both languages', () => {
    const german = new Map(textsBelow(de));
    for (const [key, text] of textsBelow(en)) {
      expect({ key, holes: holes(german.get(key) ?? '') }).toEqual({ key, holes: holes(text) });
    }
  });
});
