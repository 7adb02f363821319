import { describe, expect, it } from 'vitest';
import { type Bench, bench, type BenchOptions } from '#tests/support/pump-bench.ts';
import { Grant } from './grant.ts';
import type { ServiceRun } from './service-run.ts';

interface ServiceBench extends Omit<Bench, 'run'> {
  readonly run: ServiceRun;
}

/** A service job on the bench: pumps 0 and 1 may move 60 ml each, and be on for 20 s. */
async function serviceBench(options: BenchOptions = {}): Promise<ServiceBench> {
  const { run: drink, ...rest } = await bench(options);
  await drink[Symbol.asyncDispose]();
  rest.sim.touch({ serviceKey: 'unfitted' });
  const grant = new Grant({ t: 'service', job: '1 prime' });
  const bounds = [0, 1].map((pump) => ({ pump, maxUl: 60_000, maxMs: 20_000 }));
  return { ...rest, grant, run: rest.executor.openService(grant, bounds) };
}
const step = (pump: number, onMs: number, drive = 1000) => ({ pump, drive, onUs: onMs * 1000 });

describe.each([true, false])('a service job, with a far end that minds contacts itself: %s', (stopsOnOpenContact) => {
  it('tells what was executed, by the calibration, and adds it up', async () => {
    const { clock, run, inGlass } = await serviceBench({ stopsOnOpenContact });
    // 60 ms of each carry nothing
    expect(await clock.until(run.move([step(0, 1_060), step(1, 2_060)]))).toEqual([
      { pump: 0, ul: 10_000, us: 1_060_000 },
      { pump: 1, ul: 20_000, us: 2_060_000 },
    ]);
    await clock.until(run.move([step(0, 1_060)]));
    expect(run.moved).toEqual([
      { pump: 0, ul: 20_000, us: 2_120_000 },
      { pump: 1, ul: 20_000, us: 2_060_000 },
    ]);
    expect(Math.round(inGlass())).toBe(40_000);
  });

  it.each([
    ['a door opens', { door: 'open' }, 'machine/interlock-open'],
    ['the tray is drawn', { tray: 'open' }, 'machine/interlock-open'],
    ['the key is turned back', { serviceKey: 'open' }, 'service/key-missing'],
  ] as const)('ends when %s, and never goes on', async (_what, change, why) => {
    const { clock, run, sim } = await serviceBench({ stopsOnOpenContact });
    const moving = run.move([step(0, 4_000)]);
    await clock.advance(1_060);
    sim.touch(change);
    const [moved] = await clock.until(moving);
    expect(run.why).toBe(why);
    expect(await sim.readBack()).toBe(0);
    expect(moved?.ul).toBe(10_000);
    sim.touch({ door: 'made', tray: 'made', serviceKey: 'made' });
    expect(await clock.until(run.move([step(0, 1_000)]))).toEqual([]);
    expect(sim.weigh()[0]).toBe(10_000);
  });

  it('does not mind a glass that is not there', async () => {
    const { clock, run, sim } = await serviceBench({ stopsOnOpenContact });
    sim.touch({ glass: 'open' });
    await clock.until(run.move([step(0, 1_060)]));
    expect({ why: run.why, ul: sim.weigh()[0] }).toEqual({ why: null, ul: 10_000 });
  });
});

describe('the grant of a service job', () => {
  it('allows no more than was asked for, of no other pump, and nothing once it is closed', async () => {
    const { clock, run, sim, grant } = await serviceBench();
    const overLimit = { code: 'dispenser/over-limit' };
    await expect(run.move([step(2, 1_000)])).rejects.toMatchObject(overLimit);
    await expect(run.move([step(0, 6_100)])).rejects.toMatchObject(overLimit);
    await expect(run.move([step(0, 20_001, 400)])).rejects.toMatchObject(overLimit);
    await clock.until(run.move([step(0, 5_060)]));
    await expect(run.move([step(0, 1_100)])).rejects.toMatchObject(overLimit);
    grant[Symbol.dispose]();
    await expect(run.move([step(1, 1_000)])).rejects.toMatchObject({ code: 'machine/no-grant' });
    expect(sim.weigh().map(Math.round)).toEqual([50_000, 0, 0, 0]);
  });

  it('shares the pumps with nobody, and gives them back', async () => {
    const { executor, run, grant } = await serviceBench();
    const drink = new Grant({ t: 'batch', licence: '00' });
    const bounds = { totalUl: 0, durationMs: 0, parallel: 0, minDoseUl: 0, slots: [] } as never;
    expect(() => executor.open(drink, bounds)).toThrow('machine/busy');
    expect(() => executor.openService(grant, [])).toThrow('machine/busy');
    await run[Symbol.asyncDispose]();
    await using next = executor.openService(grant, []);
    expect(next.moved).toEqual([]);
  });
});

describe('a service job of which the far end', () => {
  it('is gone ends one lease later, and says so', async () => {
    const { clock, run, sim } = await serviceBench();
    sim.inject({ t: 'link-lost', after_ms: 1_000 });
    await clock.until(run.move([step(0, 4_000)]));
    expect(run.why).toBe('dispenser/failed');
    await clock.advance(250);
    sim.repair();
    expect(await sim.readBack()).toBe(0);
  });

  it('has a stuck relay ends with the supply cut', async () => {
    const { clock, run, sim } = await serviceBench();
    sim.inject({ t: 'stuck-relay', pump: 0 });
    await clock.until(run.move([step(0, 1_000)]));
    expect(run.why).toBe('dispenser/output-stuck');
    expect(sim.inputs().supply).toBe('open');
  });

  it('is not renewed any more ends by its lease', async () => {
    const { clock, run, sim } = await serviceBench();
    sim.inject({ t: 'lease-lost', after_ms: 500 });
    await clock.until(run.move([step(0, 4_000)]));
    expect(run.why).toBe('dispenser/lease-expired');
    expect(await sim.readBack()).toBe(0);
  });

  it('is moved for longer than a lease is renewed', async () => {
    const { clock, run } = await serviceBench();
    await clock.until(run.move([step(0, 5_060)]));
    expect({ why: run.why, moved: run.moved }).toEqual({ why: null, moved: [{ pump: 0, ul: 50_000, us: 5_060_000 }] });
  });
});
