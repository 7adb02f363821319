import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure } from '#shared/failure.ts';
import { draftSource, readNames } from './draft.ts';
import { importProgram, type Imported } from './import-2018.ts';
import { phasesOf } from './phases.ts';
import { readProgram } from './program-2018.ts';
import { readSource } from './source.ts';

const orange = '570a5df0-a044-4e22-b6e6-b10af872d75c';
const names = new Map([
  [orange, 'orange-juice'],
  ['cola', 'cola'],
  ['milk', 'milk'],
]);
const words = { fillIn: 'fill in', unnamed: 'put yours in its place', glass: 'fill in' };

const component = (ingredient: string, amount: unknown = 40): object => ({ ingredient, amount });
const line = (components: unknown, others: object = {}): object => ({ timing: 2, sleep: 0, components, ...others });
const good = line([component('cola'), component('milk')]);
const imported = (...lines: unknown[]): Imported =>
  importProgram(readProgram(JSON.stringify({ recipe: { lines } })), names);

/** Steps as [timing, pause ms, doses]. */
const steps = (...lines: unknown[]): unknown[] =>
  imported(...lines).steps.map(({ timing, pauseMs, pour }) => [timing, pauseMs, Object.fromEntries(pour)]);

function refusal(text: string): string {
  try {
    importProgram(readProgram(text), names);
  } catch (error) {
    if (isFailure(error)) return `${error.code} at ${String(error.facts['at'])}: ${String(error.facts['reason'])}`;
    throw error;
  }
  return 'imported';
}

describe('a recipe program of the 2018 machine', () => {
  it('becomes steps with the same amounts, timing modes and pauses', () => {
    const lines = [0, 1, 2, 3].map((timing) =>
      line([component('cola', 20), component(orange, 30)], { timing, sleep: 500 }),
    );
    expect(steps(...lines)).toEqual([
      ['machine', 500, { cola: 20, 'orange-juice': 30 }],
      ['together', 500, { cola: 20, 'orange-juice': 30 }],
      ['same_end', 500, { cola: 20, 'orange-juice': 30 }],
      ['one_after_other', 0, { cola: 20, 'orange-juice': 30 }],
    ]);
  });

  it('is read without its wrapper, too, as its README showed it, and whatever else stands in it', () => {
    const bare = JSON.stringify({ id: 'x', lines: [{ ...good, colour: 'red' }] });
    expect(importProgram(readProgram(bare), names).totalMl).toBe(80);
  });

  it('is read with ids in any case', () => {
    expect(imported(line([component(orange.toUpperCase())])).unnamed).toEqual([]);
  });

  it('has one ingredient of a line poured once, all of it, and says so: that machine poured the smaller amount only', () => {
    const twice = line([component('cola', 10), component('milk', 20), component('cola', 30)]);
    expect(steps(twice)).toEqual([['same_end', 0, { cola: 40, milk: 20 }]]);
    expect(imported(twice).notes).toEqual([{ t: 'merged', line: 1, ingredient: 'cola' }]);
  });

  it('keeps the order in which one pours after the other, also where an ingredient comes again', () => {
    const again = line([component('cola', 10), component('milk', 20), component('cola', 30)], {
      timing: 3,
      sleep: 1000,
    });
    expect(steps(again, good)).toEqual([
      ['one_after_other', 0, { cola: 10, milk: 20 }],
      ['one_after_other', 1000, { cola: 30 }],
      ['same_end', 0, { cola: 40, milk: 40 }],
    ]);
    expect(imported(again, good).notes).toEqual([{ t: 'split', line: 1 }]);
    const inARow = line([component('cola', 3), component('cola', 4)], { timing: 3 });
    expect(steps(inARow)).toEqual([['one_after_other', 0, { cola: 7 }]]);
  });

  it('has seven ingredients, one after the other, in two steps', () => {
    const seven = line(
      'abcdefg'.split('').map((id) => component(id, 10)),
      { timing: 3 },
    );
    expect(imported(seven).steps.map(({ pour }) => pour.size)).toEqual([6, 1]);
  });

  it('says where a pause is another, and that the last one is none', () => {
    expect(imported({ ...good, sleep: 501 }, { ...good, sleep: 5001 }).notes).toEqual([
      { t: 'rounded', line: 1, from: 501, to: 1000 },
      { t: 'dropped', line: 2 },
    ]);
  });

  it('says which ingredients are not ours', () => {
    const unknown = '00000000-1111-2222-3333-444444444444';
    expect(imported(line([component(unknown)])).notes).toEqual([{ t: 'unnamed', ingredient: unknown }]);
  });
});

const amounts: readonly (readonly [string, unknown])[] = [
  ['0', 0],
  ['-1', -1],
  ['2^31 - 1', 2 ** 31 - 1],
  ['0.9', 0.9],
  ['1.9', 1.9],
  ['a text', '40'],
  ['nothing', null],
  ['1001', 1001],
];

describe('what ended the 2018 machine, or was poured otherwise than written, is refused with its place and reason:', () => {
  it.each(amounts)('an amount of %s', (_, amount) => {
    expect(refusal(JSON.stringify({ lines: [line([component('cola', amount)])] }))).toMatch(
      /^recipe\/source-invalid at lines\.0\.components\.0\.amount: .+/,
    );
  });

  it.each<[string, object, string]>([
    ['a line with no components', line([]), 'lines.1.components: must not be empty'],
    ['a line without a list of components', line(undefined), 'lines.1.components: must list what is poured'],
    ['a timing of 4', { ...good, timing: 4 }, 'lines.1.timing: must be 0, 1, 2 or 3'],
    ['a timing of "2"', { ...good, timing: '2' }, 'lines.1.timing: must be 0, 1, 2 or 3'],
    ['a sleep of 2^31 - 1', { ...good, sleep: 2 ** 31 - 1 }, 'lines.1.sleep: '],
    ['a sleep of -1', { ...good, sleep: -1 }, 'lines.1.sleep: '],
    ['an ingredient without an id', line([component('')]), 'lines.1.components.0.ingredient: '],
    ['an id that is none', line([component('Orange juice')]), 'lines.1.components.0.ingredient: not an id'],
    ['4 ml, less than a sealed recipe may pour', line([component('cola', 4)]), 'lines.1.components: 4 ml of cola'],
    [
      'seven ingredients at once',
      line('abcdefg'.split('').map((id) => component(id))),
      'lines.1.components: more than 6',
    ],
    ['more than a glass', line([component('cola', 1000)]), 'lines: 1080 ml are more than a glass holds'],
  ])('%s, also behind a good line', (_, bad, told) => {
    expect(refusal(JSON.stringify({ recipe: { lines: [good, bad] } }))).toContain(`recipe/source-invalid at ${told}`);
  });

  it.each([
    ['a program without lines', '{"recipe":{"lines":[]}}', 'at lines: must not be empty'],
    ['lines that are no list', '{"recipe":{"lines":{}}}', 'at lines: must be a list of lines'],
    ['another document', '{"recipe":7}', 'at the file: must hold lines'],
    ['a list', '[]', 'at the file: must hold lines'],
    ['an encrypted program', 'TWFuIGlzIGRpc3Rpbmd1aXNoZWQ=', 'at the file: no JSON object'],
    ['a text without end', '{"recipe":{"lines":[', 'at the file: no JSON object'],
    ['a megabyte', `{"lines":"${'x'.repeat(1 << 20)}"}`, 'at the file: too long'],
    ['the layers of the editor of that time', '{"sequences":[]}', 'at sequences: '],
  ])('%s', (_, text, told) => {
    expect(refusal(text)).toContain(told);
  });

  it('more ingredients than a recipe has slots', () => {
    const lines = 'abcdefghijklmnopq'.split('').map((id) => line([component(id)]));
    expect(refusal(JSON.stringify({ lines }))).toContain('at lines: more than 16 ingredients');
  });

  it('anything else that a JSON document can be, without an error of the program', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('%', '{"lines":%}', '{"recipe":{"lines":[%]}}'), (json, around) => {
        expect(refusal(around.replace('%', () => json))).toMatch(/^(recipe\/source-invalid at .+: .+|imported)$/s);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the draft of a source', () => {
  const draftOf = (program: Imported): string => draftSource(program, 'old-one', '00'.repeat(16), words);
  const finished = (draft: string): string =>
    draft
      .replace('name: {de: , en: }', 'name: {de: Alt, en: Old}')
      .replace(/description:.*\n {2}de:\n {2}en:/, 'description: {de: Alt, en: Old}')
      .replace('kind: ,', 'kind: tumbler,')
      .replace('accent:', 'accent: "#ff0000"')
      .replace('price_sat:', 'price_sat: 10');

  it('cannot be sealed before its author has filled in what is empty', () => {
    expect(() => readSource(draftOf(imported(good)))).toThrow('recipe/source-invalid');
  });

  it('names the ingredients that are not ours', () => {
    expect(draftOf(imported(line([component('bitter')])))).toContain('\n# bitter: put yours in its place\n');
  });

  it('is, filled in, a recipe with the very amounts of the program', () => {
    const programs = fc.array(
      fc.record({
        timing: fc.integer({ min: 0, max: 3 }),
        sleep: fc.integer({ min: 0, max: 10 }).map((halves) => halves * 500),
        components: fc.array(
          fc.record({
            ingredient: fc.constantFrom(orange, 'cola', 'milk', '12', 'true'),
            amount: fc.integer({ min: 5, max: 30 }),
          }),
          { minLength: 1, maxLength: 5 },
        ),
      }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(programs, (lines) => {
        const { phases, ingredients, amounts: sums } = phasesOf(readSource(finished(draftOf(imported(...lines)))));
        const all = lines.flatMap(({ components }) => components);
        for (const [slot, id] of ingredients.entries()) {
          const theirs = id === 'orange-juice' ? orange : id;
          const ml = all.filter(({ ingredient }) => ingredient === theirs).reduce((sum, { amount }) => sum + amount, 0);
          expect(sums[slot]).toBe(ml * 1000);
        }
        expect(new Set(all.map(({ ingredient }) => ingredient)).size).toBe(ingredients.length);
        const slept = lines.slice(0, -1).reduce((sum, { sleep }) => sum + sleep, 0);
        expect(phases.reduce((sum, phase) => sum + (phase.op === 'manual' ? 0 : phase.pauseMs), 0)).toBe(slept);
      }),
      { numRuns: 100 },
    );
  });
});

describe('names for the ingredients of another machine', () => {
  it('are read in any case', () => {
    expect(readNames(`${orange.toUpperCase()}: orange-juice\n`)).toEqual(new Map([[orange, 'orange-juice']]));
  });

  it.each(['a: Orange juice', 'a: 7', '- a', 'a: {', 'a: &b x\nc: *b'])(
    'are refused when they are none: %s',
    (text) => {
      expect(() => readNames(text)).toThrow('recipe/source-invalid');
    },
  );
});
