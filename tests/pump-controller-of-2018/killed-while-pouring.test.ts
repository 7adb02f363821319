import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import type { Board } from '#tests/support/board.ts';
import { boardExecutor, isOn, onTimeUs, openBoard, pumpPins } from '#tests/support/board-bench.ts';
import { startNativeBoard } from '#tests/support/native-board.ts';

/** 2018: killed while it pours, the pump controller leaves every pin as it is; the next start says "all off" 9.2 s later. */
const leaseMs = 250;
const tickUs = 16;
const [first = 0, , , fourth = 0] = pumpPins;

/** A host of its own on the board, ended by a signal while both pumps run; answers how long they ran on, ms. */
async function ended(board: Board, signal: 'SIGKILL' | 'SIGSTOP'): Promise<number> {
  const host = spawn(process.execPath, [join(import.meta.dirname, '../support/pouring-host.ts'), board.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(host, 'exit');
  try {
    await board.until(() => isOn(board, first) && isOn(board, fourth));
    const at = Number(process.hrtime.bigint());
    host.kill(signal);
    await board.until(() => !isOn(board, first) && !isOn(board, fourth));
    const off = board.edges.filter(({ pin, ns }) => ns > at && (pin === first || pin === fourth));
    expect(off.map(({ level }) => level)).toEqual(['0', '0']);
    return Math.max(...off.map(({ ns }) => (ns - at) / 1e6));
  } finally {
    host.kill('SIGKILL');
    await gone;
  }
}

it.each(['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGSTOP', 'SIGSTOP'] as const)(
  'ends every pump within its lease after %s, and tells the next host what it executed, to the tick',
  async (signal) => {
    await using board = await startNativeBoard(inject('runFolder'));
    expect(await ended(board, signal)).toBeLessThanOrEqual(leaseMs + 1);
    const edges = board.edges.length;
    await using next = await openBoard(board.path);
    using doses = new DoseBuffer();
    const last = await next.lastJob(doses);
    expect(last?.end).toEqual({ t: 'fault', code: 'dispenser/lease-expired' });
    expect(doses.count).toBe(2);
    for (const [row, pin] of [first, fourth].entries()) {
      expect(Math.abs((doses.onUs[row] ?? 0) - onTimeUs(board, pin))).toBeLessThanOrEqual(tickUs);
    }
    const executor = boardExecutor(next);
    const leftover = await executor.leftover();
    await executor.configure();
    await executor.forgetLeftover();
    const poured = onTimeUs(board, first) + onTimeUs(board, fourth);
    expect(Math.abs((leftover?.delivered_ul ?? 0) - poured / 100)).toBeLessThanOrEqual(2);
    const again = board.edges.slice(edges).filter(({ pin, level }) => pumpPins.includes(pin) && level === '1');
    expect(again).toEqual([]);
    expect(pumpPins.filter((pin) => isOn(board, pin))).toEqual([]);
  },
);
