import { afterEach, inject } from 'vitest';
import { onRunningBoard, openBenchBridge } from '#tests/support/bridge-bench.ts';
import { dispenserContract } from '#tests/support/dispenser-contract.ts';
import { startAvrBoard } from './avr-board.ts';

let stack = new AsyncDisposableStack();

afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

// a tick of the board is 16 µs
dispenserContract('the bridge with the binary for an ATmega328P', 16, async () => {
  const board = stack.use(await startAvrBoard(inject('runFolder')));
  board.command('pin 7 0');
  board.command('pin 14 0');
  return onRunningBoard({ dispenser: stack.use(await openBenchBridge(board.path)) });
});
