import { expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { bench, dispense } from '#tests/support/pump-bench.ts';
import { openSeal } from '#tests/support/totals-seal.ts';
import type { TotalsSeal } from './totals-buffer.ts';

const gone = (): Promise<never> => Promise.reject(new Failure('token/failed', { operation: 'state' }));
const first = dispense('together', [[0, 20_000]]);
const second = dispense('together', [[1, 20_000]]);

/** A token that is there until it is pulled out. */
function pulled(): TotalsSeal & { out: boolean } {
  const token = {
    out: false,
    encryptState: (...given: Parameters<TotalsSeal['encryptState']>) =>
      token.out ? gone() : openSeal.encryptState(...given),
    decryptState: (...given: Parameters<TotalsSeal['decryptState']>) =>
      token.out ? gone() : openSeal.decryptState(...given),
  };
  return token;
}

it('a token that goes between two pieces ends the drink: what was delivered is not known, and not nothing', async () => {
  const token = pulled();
  const { clock, run, inGlass } = await bench({ token });
  await clock.until(run.piece(first));
  token.out = true;
  await expect(run.piece(second)).rejects.toMatchObject({ code: 'token/failed' });
  await clock.until(run.stop('token/failed', 'recipe'));
  expect(await clock.until(run.finish())).toMatchObject({ result: 'partial' });
  expect(Math.abs(inGlass() - 20_000)).toBeLessThanOrEqual(5);
  await run[Symbol.asyncDispose]();
  expect(run.amountsAreWiped()).toBe(true);
});

it('a token that goes while a piece is read pours nothing of it', async () => {
  const token = pulled();
  token.out = true;
  const { clock, run, inGlass } = await bench({ token });
  await expect(run.piece(first)).rejects.toMatchObject({ code: 'token/failed' });
  await clock.until(run.stop('token/failed', 'recipe'));
  expect(await clock.until(run.finish())).toMatchObject({ result: 'failed', delivered_ul: 0 });
  expect(inGlass()).toBe(0);
});

it('a token that goes while the last piece pours leaves a drink whose amount nobody knows', async () => {
  const token = pulled();
  const { clock, run } = await bench({ token });
  const pouring = run.piece(first);
  await clock.advance(500);
  token.out = true;
  expect(await clock.until(pouring)).toEqual({ t: 'done' });
  expect(await clock.until(run.finish())).toMatchObject({ result: 'partial', reason: 'token/failed' });
});
