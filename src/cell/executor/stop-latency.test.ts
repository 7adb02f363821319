import { expect, it } from 'vitest';
import { milliseconds } from '#shared/units.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';

const drink = dispense('together', [
  [0, 60_000],
  [1, 30_000],
]);

it('a stop switches off before anything else is waited for: 200 stops, a seal that never answers', async () => {
  for (let i = 0; i < 200; i += 1) {
    const never = { decryptState: () => new Promise<number>(() => {}), encryptState: async () => new Uint8Array(4) };
    const { clock, run, sim } = await bench({ token: never });
    const piece = run.piece(drink);
    await clock.advance(50 + i * 10);
    expect(sim.outputsNow()).not.toBe(0);
    const stopped = run.stop('machine/pour-interrupted');
    // in the very turn in which it was asked for: no disk, no token, no timer stands before it
    expect(sim.outputsNow()).toBe(0);
    await clock.until(stopped);
    await piece;
  }
});

it('a stop that meets a job on its way switches off within the time of the way', async () => {
  const { clock, run, sim } = await bench({ linkDelay: milliseconds(80) });
  const piece = run.piece(drink);
  await clock.advance(40);
  const asked = clock.monotonic();
  await clock.until(run.stop('machine/pour-interrupted'));
  expect(clock.monotonic() - asked).toBeLessThanOrEqual(80);
  expect(sim.outputsNow()).toBe(0);
  await piece;
});
