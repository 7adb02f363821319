import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerifiedManifest } from '#recipes/manifest.ts';
import { silentLog } from '#shared/log.ts';
import { testConfig } from '#tests/support/cell/cell-world.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import { openSeal } from '#tests/support/totals-seal.ts';
import { beverage } from '#recipes/machine-class.ts';
import { recordBytes, writeDispense } from '#recipes/record.ts';
import { microlitres, milliseconds } from '#shared/units.ts';
import { type MachineConfig, machineConfig } from '#wire/machine-config.ts';
import { createExecutor } from './executor/executor.ts';
import { Grant } from './executor/grant.ts';
import { emptyLedger, type Ledger } from './licences/ledger.ts';
import { boundsOf, machineModel } from './machine-model.ts';
import { simulatedMachine } from './simulated-machine.ts';
import { pumpFor, shownStock, stockAfter } from './stock.ts';

const base = testConfig();
const pumps = (list: readonly (Partial<MachineConfig['pumps'][number]> & { ingredient: string })[]): MachineConfig => {
  const [pattern] = base.pumps;
  if (pattern === undefined) throw new Error('a pump');
  return { ...base, pumps: list.map((changes, i) => ({ ...pattern, line: i + 1, channel: i, ...changes })) };
};
const manifest = (ingredients: readonly { id: string; max_ul: number }[]) =>
  ({
    ingredients,
    piece_count: 8,
    bounds: { total_ul: 200_000, duration_ms: 60_000, parallel: 2, min_dose: 5_000 },
  }) as unknown as VerifiedManifest;
const stocked = (...stock: [number, number][]): Ledger => ({ ...emptyLedger, stock: new Map(stock) });

describe('a machine of 32 outputs', () => {
  const config = pumps(Array.from({ length: 32 }, (_, i) => ({ ingredient: `liquid-${i}` })));
  const clock = new SteppedClock();
  const dispenser = simulatedMachine(config, clock);
  const executor = createExecutor({ dispenser, clock, log: silentLog, token: openSeal, machine: machineModel(config) });

  beforeAll(() => executor.configure());
  afterAll(() => dispenser[Symbol.asyncDispose]());

  it('has a line with limits for each', () => {
    const { lines, limits } = machineModel(config);
    expect(lines.map(({ pump }) => pump)).toEqual(Array.from({ length: 32 }, (_, i) => i));
    expect(limits).toHaveLength(32);
    expect(limits[31]).toMatchObject({ pump: 31, maxOn: 60_000, maxVolume: 1_000_000, maxFlow: 10_000 });
  });

  it('pours from the first and the last at once', async () => {
    const drink = manifest([
      { id: 'liquid-0', max_ul: 50_000 },
      { id: 'liquid-31', max_ul: 50_000 },
    ]);
    const bounds = boundsOf(drink, config, emptyLedger);
    expect(bounds.slots.map(({ line }) => line)).toEqual([0, 31]);
    await using run = executor.open(new Grant({ t: 'batch', licence: '00' }), bounds);
    const record = new DataView(new ArrayBuffer(recordBytes));
    writeDispense(
      record,
      'together',
      [
        { slot: 0, amountUl: 40_000 },
        { slot: 1, amountUl: 30_000 },
      ],
      0,
    );
    expect(await clock.until(run.piece(record))).toEqual({ t: 'done' });
    expect(await clock.until(run.finish())).toMatchObject({ result: 'ok', ordered_ul: 70_000 });
    expect(await dispenser.readBack()).toBe(0);
  });
});

describe('the line for an ingredient', () => {
  const twoOfOne = pumps([{ ingredient: 'cola' }, { ingredient: 'milk' }, { ingredient: 'cola' }]);
  const cola = { id: 'cola', max_ul: 100_000 };

  it('is the first that has enough by what anyone may see', () => {
    expect(pumpFor(cola, twoOfOne, emptyLedger)?.line).toBe(1);
    expect(pumpFor(cola, twoOfOne, stocked([1, 99_999]))?.line).toBe(3);
    expect(pumpFor(cola, twoOfOne, stocked([1, 100_000]))?.line).toBe(1);
  });

  it('is the first at all when none has enough, and none when there is none', () => {
    expect(pumpFor(cola, twoOfOne, stocked([1, 0], [3, 0]))?.line).toBe(1);
    expect(pumpFor({ id: 'rum', max_ul: 1 }, twoOfOne, emptyLedger)).toBe(undefined);
    expect(() => boundsOf(manifest([{ id: 'rum', max_ul: 1 }]), twoOfOne, emptyLedger)).toThrow(
      expect.objectContaining({ code: 'machine/ingredient-missing', facts: { ingredient: 'rum' } }) as Error,
    );
  });

  it('is not one that is too slow for the class', () => {
    const slow = pumps([{ ingredient: 'cola', liquid_factor: 400 }, { ingredient: 'cola' }]);
    expect(pumpFor(cola, slow, emptyLedger)?.line).toBe(2);
  });

  it('pours, and is the one whose stock is lowered', () => {
    const ledger = stocked([1, 50_000], [2, 120_000]);
    const drink = manifest([cola, { id: 'milk', max_ul: 200_000 }]);
    expect(boundsOf(drink, twoOfOne, ledger).slots.map(({ line }) => line)).toEqual([2, 1]);
    // and the hoses wear by what is published: 100 ml and 200 ml at the slowest flow of the class
    expect(stockAfter(boundsOf(drink, twoOfOne, ledger), twoOfOne, ledger)).toEqual([
      { line: 3, stock_ul: 900_000, max_ul: 100_000, max_ms: 100_000_000 / beverage.nominalFlow },
      { line: 2, stock_ul: 0, max_ul: 200_000, max_ms: 200_000_000 / beverage.nominalFlow },
    ]);
  });

  it('shows a full bottle until somebody set it', () => {
    expect(shownStock(1, twoOfOne, emptyLedger)).toBe(1_000_000);
    expect(shownStock(1, twoOfOne, stocked([1, 7]))).toBe(7);
    expect(shownStock(9, twoOfOne, emptyLedger)).toBe(0);
  });

  it('is left out of the stock when the machine has none', () => {
    expect(
      stockAfter({ slots: [{ line: 9, maxUl: microlitres(1) }], durationMs: milliseconds(1) }, twoOfOne, emptyLedger),
    ).toEqual([]);
  });
});

describe('the model of a machine', () => {
  it('knows liquids that flow slower than they were calibrated', () => {
    const config = pumps([{ ingredient: 'syrup', liquid_factor: 500 }]);
    expect(machineModel(config).limits[0]?.maxFlow).toBe(5_000);
  });

  it('may be noisy', async () => {
    const noisy = { ...base, simulation: { seed: 3, speed: 1, noise: true } };
    await using dispenser = simulatedMachine(noisy, new SteppedClock());
    await dispenser.configure(machineModel(noisy).limits);
    expect(dispenser.guarantee.driver).toBe('sim');
  });
});

it('makes a model of every configuration that loads, however little or much its pumps carry', () => {
  const flow = fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 400_000, max: 1_000_000 })), {
    minLength: 1,
    maxLength: 3,
  });
  const limits = { ...base.limits, held_ms: 1000 };
  let loaded = 0;
  fc.assert(
    fc.property(flow, fc.integer({ min: 100, max: 2000 }), (flows, liquid_factor) => {
      const points = flows.toSorted((a, b) => a - b).map((ul_per_s, i) => ({ drive: 300 * (i + 1), ul_per_s }));
      const machine = { ...pumps([{ ingredient: 'liquid', flow: points, liquid_factor }]), limits };
      const read = machineConfig.safeParse(machine);
      if (!read.success) return;
      loaded += 1;
      machineModel(read.data);
    }),
  );
  expect(loaded).toBeGreaterThan(10);
});
