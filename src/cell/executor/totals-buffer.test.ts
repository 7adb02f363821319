import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { microlitres } from '#shared/units.ts';
import { bench, bounds, dispense } from '#tests/support/pump-bench.ts';
import { openSeal } from '#tests/support/totals-seal.ts';
import { TotalsBuffer, type TotalsSeal } from './totals-buffer.ts';

describe('totals', () => {
  it('are put away and taken out as they were, with what was delivered meanwhile', async () => {
    const amount = fc.integer({ min: 1, max: 100_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(amount, amount, amount), { minLength: 1, maxLength: 6 }), async (pieces) => {
        const totals = new TotalsBuffer();
        let [ordered, delivered] = [0, 0];
        for (const [dose, before, meanwhile] of pieces) {
          await totals.takeOut(openSeal);
          totals.order(dispense('together', [[1, dose]]));
          totals.deliver(3, before);
          await totals.putAway(openSeal);
          expect(totals.isWiped()).toBe(true);
          totals.deliver(3, meanwhile);
          ordered += dose;
          delivered += before + meanwhile;
        }
        await totals.takeOut(openSeal);
        expect([totals.orderedUl, totals.deliveredUl]).toEqual([ordered, delivered]);
        expect([totals.ofPump(3), totals.ofPump(2)]).toEqual([delivered, 0]);
        const rest = {
          ...bounds,
          totalUl: bounds.totalUl,
          slots: bounds.slots.map(() => ({ maxUl: microlitres(ordered), line: 0 })),
        };
        expect(totals.admits(dispense('together', [[1, 1]]), rest)).toBe(false);
        totals.wipe();
        expect([totals.isWiped(), totals.orderedUl, totals.deliveredUl]).toEqual([true, 0, 0]);
      }),
    );
  });

  it('have room for what the seal of a token without AES adds', async () => {
    const added = 64 + 256 + 12 + 16;
    const wide: TotalsSeal = {
      encryptState: async (plaintext) => new Uint8Array([...plaintext, ...new Uint8Array(added)]),
      async decryptState(sealed, _aad, out) {
        expect(out).toHaveLength(sealed.length);
        out.set(sealed.subarray(0, -added));
        return sealed.length - added;
      },
    };
    const totals = new TotalsBuffer();
    totals.deliver(3, 500);
    await totals.putAway(wide);
    await totals.takeOut(wide);
    expect(totals.deliveredUl).toBe(500);
  });

  it('stay where they are when they cannot be sealed', async () => {
    const totals = new TotalsBuffer();
    totals.deliver(3, 500);
    await expect(totals.putAway({ ...openSeal, encryptState: gone })).rejects.toMatchObject({ code: 'token/failed' });
    expect(totals.deliveredUl).toBe(500);
  });
});

describe('a run', () => {
  it('holds no total while a piece pours', async () => {
    const put: number[] = [];
    const token: TotalsSeal = {
      ...openSeal,
      encryptState: (plaintext, aad) => {
        put.push(new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(0, true));
        return openSeal.encryptState(plaintext, aad);
      },
    };
    const { clock, run } = await bench({ token });
    await clock.until(run.piece(dispense('together', [[0, 20_000]])));
    const second = run.piece(dispense('together', [[1, 30_000]]));
    await clock.advance(500);
    expect(run.totalsAreAway()).toBe(true);
    await clock.until(second);
    expect(put).toEqual([20_000, 20_000]);
    expect(await clock.until(run.finish())).toMatchObject({ result: 'ok', ordered_ul: 50_000 });
  });
});

const gone = (): Promise<never> => Promise.reject(new Failure('token/failed', { operation: 'state' }));
