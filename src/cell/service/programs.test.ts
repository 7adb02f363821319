import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testConfig } from '#tests/support/cell/cell-world.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { ServiceJobRequest } from '#wire/service-api.ts';
import { programOf, rounds } from './programs.ts';

const base = testConfig();
const plan = { every_hours: 24, product: 'Acid A', contact_seconds: 60, rinse_ul: 90_000 };
const filled: MachineConfig = {
  ...base,
  cleaning: plan,
  pumps: base.pumps.map((pump) => ({ ...pump, dead_volume_ul: 20_000 })),
};
const asked = (changes: Partial<ServiceJobRequest>): ServiceJobRequest => ({
  program: 'test',
  lines: [1],
  who: 'ada',
  ...changes,
});
const volumes = (request: ServiceJobRequest, config = filled) =>
  programOf(request, config).phases.map((phase) =>
    phase.t === 'flow' ? { [phase.name]: phase.flows.map(({ ul }) => ul) } : phase.t,
  );

describe('a program', () => {
  it('moves what the line holds, or what was named', () => {
    expect(volumes(asked({ lines: [1, 2, 2] }))).toEqual([{ flow: [10_000, 10_000] }]);
    expect(volumes(asked({ program: 'prime' }))).toEqual([{ flow: [20_000] }]);
    expect(volumes(asked({ program: 'purge' }))).toEqual([{ flow: [30_000] }]);
    expect(volumes(asked({ program: 'rinse' }))).toEqual([{ flow: [60_000] }]);
    expect(volumes(asked({ program: 'rinse', ul: 7 }))).toEqual([{ flow: [7] }]);
    expect(volumes(asked({ program: 'prime', hold: true }), base)).toEqual([{ flow: [2_000_000] }]);
  });

  it('cleans by the plan of machine.yaml, or by what was named in its place', () => {
    expect(volumes(asked({ program: 'clean' }))).toEqual([{ product: [20_000] }, 'contact', { rinse: [90_000] }]);
    const named = { product: 'Base B', lot: 'L1', contact_seconds: 5, rinse_ul: 1_000, ul: 500, swap: true };
    expect(volumes(asked({ program: 'clean', ...named }), base)).toEqual([
      { product: [500] },
      'contact',
      'swap',
      { rinse: [1_000] },
    ]);
    expect(programOf(asked({ program: 'clean', ...named }), base).plans.get(1)).toMatchObject({
      product: 'Base B',
      lot: 'L1',
    });
  });

  it('is refused where nobody says how much, with what, or which line', () => {
    expect(() => volumes(asked({ program: 'prime' }), base)).toThrow('service/amount-missing');
    expect(() => volumes(asked({ program: 'measure' }))).toThrow('service/amount-missing');
    expect(() => volumes(asked({ program: 'clean' }), base)).toThrow('service/plan-missing');
    expect(() => volumes(asked({ lines: [9] }))).toThrow('dispenser/unknown-pump');
  });
});

describe('lines that run together', () => {
  it('are never more, and never draw more, than the machine allows, and each runs once', () => {
    const anyMachine = fc.record({
      powers: fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 12 }),
      atOnce: fc.integer({ min: 1, max: 12 }),
      power_mw: fc.option(fc.integer({ min: 1, max: 60_000 })),
    });
    fc.assert(
      fc.property(anyMachine, ({ powers, atOnce, power_mw }) => {
        const [pump] = base.pumps;
        if (pump === undefined) throw new Error('a pump');
        const flows = powers.map((power, i) => ({
          pump: { ...pump, line: i + 1, power_mw: power },
          ul: 1,
          drive: 1000,
        }));
        const all = rounds(flows, { limits: { ...base.limits, pumps_at_once: atOnce, power_mw } });
        expect(all.flat()).toEqual(flows);
        for (const round of all) {
          const drawn = round.reduce((sum, each) => sum + each.pump.power_mw, 0);
          expect(round.length).toBeLessThanOrEqual(atOnce);
          expect(round.length === 1 || drawn <= (power_mw ?? Number.POSITIVE_INFINITY)).toBe(true);
        }
      }),
    );
  });
});
