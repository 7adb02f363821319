import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../run/program.ts';
import { edited } from './plant.ts';
import { plantedBugs } from './planted-bugs.ts';

describe('planting a bug', () => {
  it('changes the one place that is meant', () => {
    const edit = { path: 'a.ts', from: 'b()', to: '' };
    expect(edited('a(); b(); c()', edit)).toBe('a(); ; c()');
    expect(() => edited('a(); c()', edit)).toThrow('occurs nowhere');
    expect(() => edited('b(); b()', edit)).toThrow('more than once');
  });

  it('finds its places in the code as it is', () => {
    for (const { edits, tests } of plantedBugs) {
      const texts = new Map(edits.map(({ path }) => [path, readFileSync(join(root, path), 'utf8')]));
      for (const edit of edits) texts.set(edit.path, edited(texts.get(edit.path) ?? '', edit));
      for (const path of tests) expect(readFileSync(join(root, path), 'utf8')).toContain('describe(');
    }
  });
});
