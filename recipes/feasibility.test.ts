import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FeasibilityLine,
  type FeasibilityMachine,
  feasible,
  type Obstacle,
  type PublicBounds,
} from './feasibility.ts';

const manifest: PublicBounds = {
  machine_class: 'beverage',
  min_runtime: '0.4.2',
  ingredients: [
    { id: 'orange-juice', max_ul: 150_000 },
    { id: 'grenadine', max_ul: 50_000 },
  ],
  bounds: { total_ul: 200_000, duration_ms: 60_000, parallel: 2, min_dose: 10_000 },
  label: { allergens: [], abv: 0, kcal: 150, caffeine: 0 },
};

const line = (ingredient: string, changes: Partial<FeasibilityLine> = {}): FeasibilityLine => ({
  ingredient,
  stock_ul: 700_000,
  min_dose_ul: 5_000,
  dose_error_ul: 600,
  max_flow_ul_s: 20_000,
  ...changes,
});

const machine = (changes: Partial<FeasibilityMachine> = {}): FeasibilityMachine => ({
  machine_class: 'beverage',
  runtime: '0.4.2',
  nominal_flow_ul_s: 5_000,
  glass_ul: 300_000,
  min_dose_ul: 5_000,
  pumps_at_once: 4,
  alcohol: false,
  lines: [line('orange-juice'), line('grenadine')],
  ...changes,
});

const reasons = (facts: FeasibilityMachine, of = manifest): readonly Obstacle[] => {
  const verdict = feasible(of, facts);
  return verdict.ok ? [] : verdict.reasons;
};

describe('what a machine can make', () => {
  it('is what its class, software, glass, pumps and lines allow', () => {
    expect(feasible(manifest, machine())).toEqual({ ok: true });
  });

  it.each<[string, Partial<FeasibilityMachine>, Obstacle]>([
    ['another class', { machine_class: 'mill' }, { code: 'recipe/wrong-class', facts: { class: 'beverage' } }],
    ['an older patch', { runtime: '0.4.1' }, { code: 'machine/software-too-old', facts: { needed: '0.4.2' } }],
    ['an older minor', { runtime: '0.3.9' }, { code: 'machine/software-too-old', facts: { needed: '0.4.2' } }],
    ['a small glass', { glass_ul: 199_999 }, { code: 'machine/glass-too-small', facts: { needed_ml: '200' } }],
    ['one pump at once', { pumps_at_once: 1 }, { code: 'machine/too-few-pumps', facts: { needed: '2' } }],
    [
      'no grenadine',
      { lines: [line('orange-juice')] },
      { code: 'machine/ingredient-missing', facts: { ingredient: 'grenadine' } },
    ],
    [
      'a line to be cleaned',
      { lines: [line('orange-juice', { blocked_by: 'cleaning' }), line('grenadine')] },
      { code: 'machine/line-blocked', facts: { ingredient: 'orange-juice', by: 'cleaning' } },
    ],
    [
      'little juice',
      { lines: [line('orange-juice', { stock_ul: 149_999 }), line('grenadine')] },
      { code: 'machine/ingredient-missing', facts: { ingredient: 'orange-juice', needed_ml: '150' } },
    ],
    [
      'a coarse pump',
      { lines: [line('orange-juice'), line('grenadine', { min_dose_ul: 10_001 })] },
      {
        code: 'machine/dose-too-small',
        facts: { ingredient: 'grenadine', dose_ml: '10', error_ml: '0.6', error_percent: '6' },
      },
    ],
    [
      'a slow pump',
      { lines: [line('orange-juice', { max_flow_ul_s: 4_999 }), line('grenadine')] },
      { code: 'machine/line-too-slow', facts: { ingredient: 'orange-juice' } },
    ],
    [
      'a pump that may not be on for long',
      { lines: [line('orange-juice', { most_ul: 149_999 }), line('grenadine')] },
      { code: 'machine/pump-limit', facts: { ingredient: 'orange-juice', needed_ml: '150' } },
    ],
    [
      'a weak supply',
      { power_mw: 15_999, lines: [line('orange-juice', { power_mw: 10_000 }), line('grenadine', { power_mw: 6_000 })] },
      { code: 'machine/power-short', facts: { needed_w: '16' } },
    ],
  ])('excludes %s, and says so', (_, changes, reason) => {
    expect(reasons(machine(changes))).toEqual([reason]);
  });

  it('includes newer software, also where text would sort it before', () => {
    for (const runtime of ['0.4.10', '0.10.0', '1.0.0']) expect(reasons(machine({ runtime }))).toEqual([]);
  });

  it('excludes alcohol where it is off', () => {
    const strong = { ...manifest, label: { ...manifest.label, abv: 2 } };
    expect(reasons(machine(), strong)).toEqual([{ code: 'machine/alcohol-off', facts: {} }]);
    expect(reasons(machine({ alcohol: true }), strong)).toEqual([]);
  });

  it('takes the best of several lines with one ingredient', () => {
    const lines = [
      line('orange-juice', { stock_ul: 10, blocked_by: 'cleaning' }),
      line('orange-juice'),
      line('grenadine'),
    ];
    expect(reasons(machine({ lines }))).toEqual([]);
  });

  it('needs the power of as many pumps as may run at once, the most power-hungry of the ingredients’ lines', () => {
    const lines = [
      line('orange-juice', { power_mw: 4_000 }),
      line('orange-juice', { power_mw: 7_000 }),
      line('grenadine', { power_mw: 6_000 }),
      line('milk', { power_mw: 50_000 }),
    ];
    const codes = (power_mw: number | null, parallel: number): string[] =>
      reasons(machine({ lines, power_mw }), { ...manifest, bounds: { ...manifest.bounds, parallel } }).map(
        ({ code }) => code,
      );
    expect([codes(13_000, 2), codes(7_000, 1), codes(null, 2)]).toEqual([[], [], []]);
    expect([codes(12_999, 2), codes(6_999, 1)]).toEqual([['machine/power-short'], ['machine/power-short']]);
  });

  it('is judged without what is not known of it', () => {
    const lines = manifest.ingredients.map(({ id, max_ul }) => ({ ingredient: id, stock_ul: max_ul }));
    const known: FeasibilityMachine = { machine_class: 'beverage', glass_ul: 200_000, min_dose_ul: 10_000, lines };
    expect(feasible(manifest, known)).toEqual({ ok: true });
    expect(reasons({ ...known, min_dose_ul: 10_001 }).map(({ code }) => code)).toEqual([
      'machine/dose-too-small',
      'machine/dose-too-small',
    ]);
  });

  it('names every reason at once', () => {
    const lines = [line('orange-juice', { stock_ul: 0, max_flow_ul_s: 1 })];
    expect(reasons(machine({ lines, glass_ul: 1, runtime: '0.0.1' })).map(({ code }) => code)).toEqual([
      'machine/software-too-old',
      'machine/glass-too-small',
      'machine/ingredient-missing',
      'machine/line-too-slow',
      'machine/ingredient-missing',
    ]);
  });

  it('changes its verdict, when stock is swept in 1 ml steps, at a number of the manifest only', () => {
    const verdicts = Array.from({ length: 300 }, (_, ml) =>
      JSON.stringify(reasons(machine({ lines: [line('orange-juice', { stock_ul: ml * 1000 }), line('grenadine')] }))),
    );
    const changes = verdicts.flatMap((verdict, ml) => (ml > 0 && verdict !== verdicts[ml - 1] ? [ml * 1000] : []));
    expect(changes).toEqual([150_000]);
  });

  it('changes its verdict, when resolution is swept, at the smallest dose of the manifest only', () => {
    const fine = (min_dose_ul: number): string =>
      JSON.stringify(reasons(machine({ lines: [line('orange-juice'), line('grenadine', { min_dose_ul })] })));
    const changes = Array.from({ length: 40 }, (_, ml) => ml * 1000).filter((ul) => fine(ul) !== fine(ul + 1000));
    expect(changes).toEqual([10_000]);
  });

  it('never asks for anything but the public bounds', () => {
    fc.assert(
      fc.property(fc.nat(400_000), fc.nat(400_000), fc.nat(400_000), (orange, grenadine, glass_ul) => {
        const lines = [line('orange-juice', { stock_ul: orange }), line('grenadine', { stock_ul: grenadine })];
        const expected = orange >= 150_000 && grenadine >= 50_000 && glass_ul >= 200_000;
        expect(feasible(manifest, machine({ lines, glass_ul })).ok).toBe(expected);
      }),
    );
  });
});
