import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { answered, type BoardBench, boardBench, isOn, onTimeUs, pumpPins } from '#tests/support/board-bench.ts';
import { bounds, dispense } from '#tests/support/pump-bench.ts';

/** 2018: the USB cable pulled while it pours ends the pump controller by an exception; the other pumps are never told to stop. */
const leaseMs = 250;
const tickUs = 16;
const [first = 0, second = 0] = pumpPins;

describe('the cable pulled while two pumps run', () => {
  let bench: BoardBench;

  beforeEach(async () => {
    bench = await boardBench(inject('runFolder'));
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const drink = dispense('together', [
    [0, 20_000],
    [1, 30_000],
  ]);

  it('switches both off within a lease, and the drink is partial, never finished', async () => {
    const { board, cable, executor, grant, dispenser } = bench;
    await using run = executor.open(grant, bounds);
    const piece = run.piece(drink);
    await board.until(() => isOn(board, first) && isOn(board, second));
    const pulledAt = Number(process.hrtime.bigint());
    await cable.pull();
    expect(await piece).toEqual({ t: 'ended', why: 'dispenser/link-lost' });
    expect(await run.finish()).toMatchObject({ result: 'partial', reason: 'dispenser/link-lost' });
    await board.until(() => !isOn(board, first) && !isOn(board, second));
    const off = board.edges.filter(({ pin, level }) => level === '0' && (pin === first || pin === second));
    for (const { ns } of off) expect((ns - pulledAt) / 1e6).toBeLessThanOrEqual(leaseMs + 1);

    const edges = board.edges.length;
    await cable.plug();
    using doses = new DoseBuffer();
    const last = await answered(() => dispenser.lastJob(doses));
    expect(last?.end).toEqual({ t: 'fault', code: 'dispenser/lease-expired' });
    for (const [row, pin] of [first, second].entries()) {
      expect(Math.abs((doses.onUs[row] ?? 0) - onTimeUs(board, pin))).toBeLessThanOrEqual(tickUs);
    }
    expect(board.edges.slice(edges).filter(({ pin, level }) => level === '1' && pumpPins.includes(pin))).toEqual([]);
  });

  it('and plugged in again repeats no dose: the next drink pours its own, to the tick', async () => {
    const { board, cable, executor, grant } = bench;
    {
      await using run = executor.open(grant, bounds);
      const piece = run.piece(drink);
      await board.until(() => isOn(board, first));
      await cable.pull();
      await piece;
    }
    await board.until(() => !isOn(board, first) && !isOn(board, second));
    const before = pumpPins.map((pin) => onTimeUs(board, pin));
    await cable.plug();
    // waits until the board is back
    await answered(() => executor.forgetLeftover());
    await using next = executor.open(grant, bounds);
    const poured = await next.piece(
      dispense('together', [
        [1, 5_000],
        [2, 2_500],
      ]),
    );
    expect(poured).toEqual({ t: 'done' });
    expect(await next.finish()).toMatchObject({ result: 'ok', ordered_ul: 7_500, delivered_ul: 7_500 });
    const own = pumpPins.map((pin, pump) => onTimeUs(board, pin) - (before[pump] ?? 0));
    for (const [pump, us] of [0, 500_000, 250_000, 0].entries()) {
      expect(Math.abs((own[pump] ?? 0) - us), `pump ${pump}: ${own[pump]} µs`).toBeLessThanOrEqual(tickUs);
    }
  });
});
