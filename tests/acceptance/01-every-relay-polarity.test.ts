import { describe, expect, inject, it } from 'vitest';
import { openBridge } from '#firmware-bridge/bridge/open-bridge.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { answered, boardMachine, boardOptions, pumpPins, supplyPin } from '#tests/support/board-bench.ts';
import type { Board } from '#tests/support/board.ts';
import { startNativeBoard } from '#tests/support/native-board.ts';

/** 7.1 of what other drink machines get wrong: a relay of the other polarity runs its pump when the power comes. */
type Polarity = 'high' | 'low';

const open = (board: Board, pumps: Polarity, supply: Polarity) => {
  const options = boardOptions(board.path);
  return openBridge(
    {
      ...options,
      pumps: options.pumps.map((pump) => ({ ...pump, pin: { ...pump.pin, active: pumps } })),
      supply: { name: `D${supplyPin}`, active: supply, pull: 'none' },
    },
    { clock: systemClock, entropy: systemEntropy, log: silentLog },
  );
};
const on = (polarity: Polarity): string => (polarity === 'high' ? '1' : '0');

describe.each<[Polarity, Polarity]>([
  ['high', 'high'],
  ['high', 'low'],
  ['low', 'high'],
  ['low', 'low'],
])('pumps that are on when %s, with a supply that is on when %s,', (pumps, supply) => {
  it('are driven off first, read back, and have no supply before; no output was ever on', async () => {
    await using board = await startNativeBoard(inject('runFolder'));
    // nothing is driven while nobody has said what hangs there
    expect(board.edges).toEqual([]);
    await using dispenser = await open(board, pumps, supply);
    expect(board.edges).toEqual([]);
    await answered(() => dispenser.configure(boardMachine.limits));
    const supplied = board.edges.findIndex(({ pin, level }) => pin === supplyPin && level === on(supply));
    expect(supplied).toBeGreaterThan(0);
    const before = board.edges.slice(0, supplied);
    expect(new Set(before.map(({ pin }) => pin))).toEqual(new Set([...pumpPins, supplyPin]));
    expect(board.edges.filter(({ pin, level }) => pumpPins.includes(pin) && level === on(pumps))).toEqual([]);
  });

  it('have no supply while one of them reads back active', async () => {
    await using board = await startNativeBoard(inject('runFolder'));
    const [stuck = 0] = pumpPins;
    board.command(`stick ${stuck} ${on(pumps)}`);
    await using dispenser = await open(board, pumps, supply);
    await expect(answered(() => dispenser.configure(boardMachine.limits))).rejects.toMatchObject({
      code: 'dispenser/output-stuck',
    });
    expect(board.edges.filter(({ pin, level }) => pin === supplyPin && level === on(supply))).toEqual([]);
  });
});
