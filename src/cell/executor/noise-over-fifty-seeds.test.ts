import { expect, it } from 'vitest';
import { usualSpread } from '#firmware-bridge/sim/sim-pumps.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const drink = [
  dispense('same_end', [
    [0, 60_000],
    [1, 30_000],
    [3, 20_000],
  ]),
  dispense('together', [
    [2, 40_000],
    [0, 10_000],
  ]),
  dispense('one_after_other', [
    [3, 15_000],
    [1, 25_000],
  ]),
];

it('keeps what is in the glass within 2 ml or 1 % of the order, for 50 machines in good order', async () => {
  let worst = 0;
  for (let seed = 1; seed <= 50; seed += 1) {
    const { clock, run, inGlass } = await bench({ seed, spread: usualSpread, timeScale: 20 });
    for (const piece of drink) expect(await clock.until(run.piece(piece))).toEqual({ t: 'done' });
    const { ordered_ul, delivered_ul } = await clock.until(run.finish());
    expect(ordered_ul).toBe(200_000);
    const allowed = Math.max(2_000, ordered_ul / 100);
    expect(Math.abs(inGlass() - ordered_ul)).toBeLessThanOrEqual(allowed);
    expect(Math.abs(delivered_ul - ordered_ul)).toBeLessThanOrEqual(allowed);
    worst = Math.max(worst, Math.abs(inGlass() - ordered_ul));
  }
  // the noise is really on
  expect(worst).toBeGreaterThan(200);
});
