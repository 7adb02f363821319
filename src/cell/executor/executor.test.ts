import { describe, expect, it } from 'vitest';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { microlitres, milliseconds } from '#shared/units.ts';
import { bench, bounds, dispense, manualPiece, pausePiece } from '#tests/support/pump-bench.ts';
import { Grant } from './grant.ts';

const drink = dispense('together', [
  [0, 60_000],
  [1, 30_000],
]);

describe('a run', () => {
  it('pours a recipe of several pieces and tells what was ordered and delivered', async () => {
    const { clock, run, sim, inGlass } = await bench();
    const layers = dispense('same_end', [
      [0, 60_000],
      [1, 30_000],
      [3, 20_000],
    ]);
    const top = dispense('one_after_other', [
      [2, 40_000],
      [0, 10_000],
    ]);
    expect(await clock.until(run.piece(layers))).toEqual({ t: 'done' });
    expect(await clock.until(run.piece(top))).toEqual({ t: 'done' });
    const result = await clock.until(run.finish());
    expect(result).toMatchObject({ result: 'ok', ordered_ul: 160_000, reason: null });
    expect(Math.abs(result.delivered_ul - 160_000)).toBeLessThanOrEqual(10);
    expect(Math.abs(inGlass() - 160_000)).toBeLessThanOrEqual(10);
    expect(run.state).toEqual({ t: 'complete' });
    expect(await sim.lastJob(new DoseBuffer())).toBe(null);
  });

  it('waits for the last drops before it is complete', async () => {
    const { clock, run } = await bench();
    await clock.until(run.piece(drink));
    const before = clock.monotonic();
    await clock.until(run.finish());
    expect(clock.monotonic() - before).toBe(1_500);
  });

  it('makes a pause before the next pour and none after the last', async () => {
    const { clock, run } = await bench();
    const second = dispense('together', [[0, 20_000]], 9_000);
    await clock.until(run.piece(pausePiece(4_000)));
    await clock.until(run.piece(dispense('together', [[0, 20_000]], 1_000)));
    expect(clock.monotonic()).toBe(4_000 + 2_060);
    await clock.until(run.piece(second));
    await clock.until(run.finish());
    expect(clock.monotonic()).toBe(4_000 + 2_060 + 1_000 + 2_060 + 1_500);
  });

  it('runs as much faster than the clock as the model is told', async () => {
    const { clock, run } = await bench({ timeScale: 20 });
    await clock.until(run.piece(drink));
    expect(clock.monotonic()).toBe(303);
  });

  it('hands an instruction to whoever can follow it, and moves nothing meanwhile', async () => {
    const { run, sim } = await bench();
    expect(await run.piece(manualPiece(7))).toEqual({ t: 'manual', instruction: 7 });
    expect(await sim.readBack()).toBe(0);
  });

  it('lets its piece be wiped before anything moves', async () => {
    const { clock, run, sim, inGlass } = await bench();
    const piece = dispense('together', [[0, 20_000]]);
    const written = Promise.withResolvers<void>();
    const poured = run.piece(piece, () => {
      new Uint8Array(piece.buffer).fill(0);
      return written.promise;
    });
    await clock.advance(5_000);
    expect(await sim.readBack()).toBe(0);
    expect(inGlass()).toBe(0);
    written.resolve();
    expect(await clock.until(poured)).toEqual({ t: 'done' });
    expect(Math.abs(inGlass() - 20_000)).toBeLessThanOrEqual(5);
  });

  it('moves nothing for a piece that could not be written down', async () => {
    const { clock, run, sim, inGlass } = await bench();
    const failing = run.piece(drink, () => Promise.reject(new Error('disk full')));
    await expect(failing).rejects.toThrow('disk full');
    await clock.advance(5_000);
    expect(await sim.readBack()).toBe(0);
    expect(inGlass()).toBe(0);
  });

  it('is complete with nothing poured when its pieces pour nothing', async () => {
    const { clock, run } = await bench();
    const result = await clock.until(run.finish());
    expect(result).toEqual({ result: 'ok', delivered_ul: 0, ordered_ul: 0, reason: null });
  });

  it('may be waited for with the glass away between two pieces', async () => {
    const { clock, run, sim } = await bench();
    await clock.until(run.piece(drink));
    sim.touch({ glass: 'open' });
    expect(run.state.t).toBe('running');
    sim.touch({ glass: 'made' });
    await clock.until(run.piece(drink));
    expect(await clock.until(run.finish())).toMatchObject({ result: 'ok', ordered_ul: 180_000 });
  });

  it('tells its changes of state, but not the edges of its pieces', async () => {
    const { clock, run } = await bench();
    const seen: string[] = [];
    run.watch(({ t }) => seen.push(t));
    await clock.until(run.piece(drink));
    await clock.until(run.piece(drink));
    await clock.until(run.finish());
    expect(seen).toEqual(['complete']);
  });
});

describe('a grant', () => {
  it('is needed to open a run, and an object that looks like one is none', async () => {
    const { executor, run } = await bench();
    await run[Symbol.asyncDispose]();
    const forged = Object.create(Grant.prototype) as Grant;
    expect(() => executor.open(forged, bounds)).toThrow('machine/no-grant');
    const closed = new Grant({ t: 'service', job: 'rinse' });
    closed[Symbol.dispose]();
    expect(() => executor.open(closed, bounds)).toThrow('machine/no-grant');
  });

  it('ends every step when it is closed', async () => {
    const { clock, run, sim, grant } = await bench();
    grant[Symbol.dispose]();
    await expect(run.piece(drink)).rejects.toThrow('machine/no-grant');
    await clock.advance(1_000);
    expect(sim.weigh().every((each) => each === 0)).toBe(true);
  });

  it('closed while the glass is away, lets nothing flow when the glass comes back', async () => {
    const { clock, run, sim, grant, inGlass } = await bench();
    sim.inject({ t: 'glass-removed', after_ms: 1_000, for_ms: 2_000 });
    const piece = run.piece(drink);
    await clock.advance(1_500);
    const before = inGlass();
    grant[Symbol.dispose]();
    expect(await clock.until(piece)).toEqual({ t: 'ended', why: 'machine/no-grant' });
    expect(inGlass()).toBe(before);
  });
});

it('lets only one run exist at a time', async () => {
  const { executor, grant, run } = await bench();
  expect(() => executor.open(grant, bounds)).toThrow('machine/busy');
  await run[Symbol.asyncDispose]();
  await using next = executor.open(grant, bounds);
  expect(next.state.t).toBe('running');
});

it('refuses bounds with a line that the machine does not have', async () => {
  const { executor, grant, run } = await bench();
  await run[Symbol.asyncDispose]();
  const wrong = { ...bounds, slots: [{ maxUl: microlitres(1), line: 9 }] };
  expect(() => executor.open(grant, wrong)).toThrow(RangeError);
});

it('switches everything off and forgets every amount when it is disposed in the middle of a piece', async () => {
  const { clock, run, sim, inGlass } = await bench();
  const piece = run.piece(drink);
  await clock.advance(2_000);
  expect(await sim.readBack()).toBe(0b11);
  await clock.until(run[Symbol.asyncDispose]());
  expect(await sim.readBack()).toBe(0);
  expect(await piece).toEqual({ t: 'ended', why: 'machine/pour-interrupted' });
  const before = inGlass();
  await clock.advance(5_000);
  expect(inGlass()).toBe(before);
  expect(run.amountsAreWiped()).toBe(true);
});

describe('a stop', () => {
  it('in the middle of a piece switches off at once and leaves a partial drink', async () => {
    const { clock, run, sim } = await bench();
    const piece = run.piece(drink);
    await clock.advance(2_000);
    const asked = clock.monotonic();
    await clock.until(run.stop('machine/pour-interrupted', 'guest'));
    expect(clock.monotonic() - asked).toBeLessThanOrEqual(milliseconds(100));
    expect(await sim.readBack()).toBe(0);
    expect(await piece).toEqual({ t: 'ended', why: 'machine/pour-interrupted' });
    const result = await run.finish();
    expect(result).toMatchObject({ result: 'partial', ordered_ul: 90_000, reason: 'machine/pour-interrupted' });
    expect(Math.abs(result.delivered_ul - 2 * 19_400)).toBeLessThanOrEqual(2);
  });

  it('before the first drop leaves a failed drink, and later pieces do nothing', async () => {
    const { clock, run, inGlass } = await bench();
    await run.stop('machine/pour-interrupted', 'operator');
    expect(await run.piece(drink)).toEqual({ t: 'ended', why: 'machine/pour-interrupted' });
    expect(await clock.until(run.finish())).toMatchObject({ result: 'failed', delivered_ul: 0, ordered_ul: 0 });
    expect(inGlass()).toBe(0);
  });

  it('that overtakes the arming of a job is obeyed when the job is armed', async () => {
    const { clock, run, sim, inGlass } = await bench({ linkDelay: milliseconds(80) });
    const piece = run.piece(drink);
    await clock.advance(40);
    await clock.until(run.stop('machine/pour-interrupted'));
    expect(await piece).toMatchObject({ t: 'ended' });
    expect(await sim.readBack()).toBe(0);
    expect(inGlass()).toBe(0);
  });
});

it('refuses to be armed while a job runs', async () => {
  const { clock, run, sim } = await bench();
  const piece = run.piece(drink);
  await clock.advance(500);
  await expect(sim.arm(new StepBuffer(), milliseconds(100))).rejects.toThrow('dispenser/over-limit');
  await clock.until(piece);
});
