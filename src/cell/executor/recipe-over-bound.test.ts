import { describe, expect, it } from 'vitest';
import { microlitres, milliseconds } from '#shared/units.ts';
import { bench, dispense, pausePiece } from '#tests/support/pump-bench.ts';
import type { Bounds } from './bounds.ts';

const piece = dispense('same_end', [
  [0, 60_000],
  [1, 30_000],
]);
const good: Partial<Bounds> = {
  totalUl: microlitres(180_000),
  durationMs: milliseconds(2 * 6_060),
  parallel: 2,
  minDoseUl: microlitres(30_000),
  slots: [
    { maxUl: microlitres(120_000), line: 0 },
    { maxUl: microlitres(60_000), line: 1 },
  ],
};

it('pours a recipe that reaches every bound exactly', async () => {
  const { clock, run } = await bench({ bounds: good });
  expect(await clock.until(run.piece(piece))).toEqual({ t: 'done' });
  expect(await clock.until(run.piece(piece))).toEqual({ t: 'done' });
  expect(await clock.until(run.finish())).toMatchObject({ result: 'ok', ordered_ul: 180_000 });
});

describe('a second piece is refused before its first step', () => {
  it.each<[string, Partial<Bounds>]>([
    ['the total', { totalUl: microlitres(179_999) }],
    ['the most of one slot', { slots: [{ maxUl: microlitres(119_999), line: 0 }, ...(good.slots?.slice(1) ?? [])] }],
    ['the duration', { durationMs: milliseconds(2 * 6_060 - 1) }],
  ])('when it would cross %s', async (_, tighter) => {
    const { clock, run, inGlass } = await bench({ bounds: { ...good, ...tighter } });
    expect(await clock.until(run.piece(piece))).toEqual({ t: 'done' });
    const before = inGlass();
    expect(await clock.until(run.piece(piece))).toEqual({ t: 'ended', why: 'recipe/over-bound' });
    expect(inGlass()).toBe(before);
    const result = await clock.until(run.finish());
    expect(result).toMatchObject({ result: 'partial', ordered_ul: 90_000, reason: 'recipe/over-bound' });
  });
});

describe('a first piece is refused', () => {
  it.each<[string, Partial<Bounds>, DataView]>([
    ['that pours more slots at once than promised', { parallel: 1 }, piece],
    ['with a dose smaller than promised', { minDoseUl: microlitres(30_001) }, piece],
    ['with a slot that the manifest does not have', { slots: good.slots?.slice(0, 1) ?? [] }, piece],
    ['whose amounts would only fit by overflow', {}, dispense('together', [[0, 4_294_967_295]])],
    [
      'whose slot comes twice and is too much in sum',
      {},
      dispense('one_after_other', [
        [0, 60_001],
        [0, 60_000],
      ]),
    ],
  ])('%s', async (_, tighter, view) => {
    const { clock, run, inGlass } = await bench({ bounds: { ...good, ...tighter } });
    expect(await clock.until(run.piece(view))).toEqual({ t: 'ended', why: 'recipe/over-bound' });
    expect(await clock.until(run.finish())).toMatchObject({ result: 'failed', ordered_ul: 0 });
    expect(inGlass()).toBe(0);
  });
});

it('allows more slots than at once when they are poured one after the other', async () => {
  const { clock, run } = await bench({ bounds: { ...good, parallel: 1 } });
  const inTurn = dispense('one_after_other', [
    [0, 60_000],
    [1, 30_000],
  ]);
  expect(await clock.until(run.piece(inTurn))).toEqual({ t: 'done' });
});

it('takes two entries of a slot for one dose when they are poured together, and for two when in turn', async () => {
  const twice = [
    [0, 20_000],
    [0, 20_000],
  ] as const;
  const { clock, run } = await bench({ bounds: good });
  expect(await clock.until(run.piece(dispense('together', twice)))).toEqual({ t: 'done' });
  expect(await clock.until(run.piece(dispense('one_after_other', twice)))).toMatchObject({ why: 'recipe/over-bound' });
});

it('counts pauses as duration, however long', async () => {
  const { clock, run } = await bench();
  for (let i = 0; i < 3; i += 1) await run.piece(pausePiece(4_294_967_295));
  expect(await clock.until(run.piece(piece))).toEqual({ t: 'ended', why: 'recipe/over-bound' });
});

it('does not count the time during which a drink was held', async () => {
  const { clock, run, sim } = await bench({ bounds: good });
  sim.inject({ t: 'glass-removed', after_ms: 1_000, for_ms: 20_000 });
  expect(await clock.until(run.piece(piece))).toEqual({ t: 'done' });
  expect(await clock.until(run.piece(piece))).toEqual({ t: 'done' });
});

it.each([
  ['operation', 0, 9],
  ['timing', 1, 4],
])('ends the run for an unknown %s', async (_, at, value) => {
  const { run } = await bench();
  const broken = dispense('together', [[0, 30_000]]);
  broken.setUint8(at, value);
  expect(await run.piece(broken)).toEqual({ t: 'ended', why: 'recipe/malformed' });
});
