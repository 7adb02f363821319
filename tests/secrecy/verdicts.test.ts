import { beforeAll, describe, expect, it } from 'vitest';
import type { SourceStep } from '#recipes/source.ts';
import { cellOperations } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { type Cast, cast, secretConfig } from './support/cast.ts';
import { at, poured, type Story, stopped, tapeOf, toldApart } from './support/stories.ts';

let people: Cast;
beforeAll(async () => {
  people = await cast();
});

/** 38 ml and 42 ml of cola, as much less of milk. */
const drink = (cola: number): readonly SourceStep[] => [
  { pour: { cola, milk: 80 - cola, vodka: 30 }, timing: 'same_end' },
  { pour: { 'orange-juice': 30 }, timing: 'one_after_other' },
];
const apart = (story: Story, config?: MachineConfig): Promise<string[]> =>
  toldApart(people, [drink(38), drink(42)], story, config);

/** Has the drink poured as far as this machine goes; asks everything that can be asked on the way. */
const tried: Story = async (world) => {
  const bought = await world.tried();
  if (bought !== null) await poured(async () => {}, 5200)(world);
};

describe('no verdict that anybody can vary depends on an amount:', () => {
  it('the stock, set from 30 to 60 ml in steps of 1 ml with "can you make it?" asked each time', async () => {
    const story: Story = async (world) => {
      const order = await world.bought();
      for (let ml = 30; ml <= 60; ml += 1) {
        for (const line of [1, 2]) await world.ask('stock_set', { line, stock_ul: ml * 1000, who: 'Mallory' });
        await world.release(order);
        await world.pry(order);
      }
    };
    expect(await apart(story)).toEqual([]);
  });

  const configs: readonly (readonly [string, (config: MachineConfig) => MachineConfig])[] = [
    ...[109, 110].map((ml) => limited(`a glass of ${ml} ml`, { glass_ul: ml * 1000 })),
    ...[20, 31, 40].map((ml) => limited(`a smallest dose of ${ml} ml`, { min_dose_ul: ml * 1000 })),
    ...[0, 39, 1000].map((ml) => limited(`small doses below ${ml} ml`, { small_dose_ul: ml * 1000 })),
    ...[2, 3].map((pumps) => limited(`${pumps} pumps at once`, { pumps_at_once: pumps })),
    ...[7_800, 17_000].map((ms) => pumped(`pumps that may be on for ${ms} ms`, { max_on_ms: ms })),
    ...[500_000, 2_000_000].map((us) => pumped(`pumps that lag ${us} µs`, { lag_us: us })),
    ...[800, 1200].map((factor) => pumped(`liquids of factor ${factor}`, { liquid_factor: factor })),
    ...[12_000, 18_000].map((mw) => supplied(`a supply of ${mw} mW for pumps of 6000`, mw)),
    pumped('pumps of one speed', {}, [1000]),
  ];

  it.each(configs)('%s', async (_, change) => {
    expect(await apart(tried, change(secretConfig()))).toEqual([]);
  });

  it('each operation of the cell: it is asked in these stories, or takes no part in selling and pouring', async () => {
    const tape = await tapeOf(people, drink(38), async (world) => {
      await tried(world);
      await at(2600, async (_, order) => {
        await world.clock.until(world.link.ask('hold', { order }));
        await world.clock.until(world.link.ask('resume', { order }));
        await stopped(world, order);
      })(world);
    });
    const asked = new Set(tape.lines('cell socket').map((line) => /"op":"(\w+)"/.exec(line)?.[1] ?? ''));
    const others = Object.keys(cellOperations).filter((name) => !asked.has(name));
    // desk's own certificate, a marketplace that was restored, and the end of a machine
    expect(others.sort()).toEqual(
      [
        'client_assertion',
        'farewell',
        'farewell_booked',
        'forgotten',
        'outcome_told',
        'tls_grant',
        'told_again',
      ].sort(),
    );
  });
});

function limited(name: string, limits: Partial<MachineConfig['limits']>) {
  return [name, (config: MachineConfig) => ({ ...config, limits: { ...config.limits, ...limits } })] as const;
}

function supplied(name: string, power_mw: number) {
  const [, withPumps] = pumped(name, { power_mw: 6_000 });
  const [, withLimit] = limited(name, { power_mw });
  return [name, (config: MachineConfig) => withLimit(withPumps(config))] as const;
}

function pumped(name: string, pump: Partial<MachineConfig['pumps'][number]>, drives: readonly number[] = [400, 1000]) {
  const change = (config: MachineConfig): MachineConfig => ({
    ...config,
    pumps: config.pumps.map((each) => ({
      ...each,
      ...pump,
      flow: each.flow.filter(({ drive }) => drives.includes(drive)),
    })),
  });
  return [name, change] as const;
}
