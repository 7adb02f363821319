import { afterEach, inject } from 'vitest';
import { onRunningBoard, openBenchBridge, touchGlass } from '#tests/support/bridge-bench.ts';
import { type ContactBench, contactContract, dispenserContract } from '#tests/support/dispenser-contract.ts';
import { startAvrBoard } from './avr-board.ts';

let stack = new AsyncDisposableStack();

afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

async function bench(): Promise<ContactBench> {
  const board = stack.use(await startAvrBoard(inject('runFolder')));
  board.command('pin 7 0');
  board.command('pin 14 0');
  const dispenser = stack.use(await openBenchBridge(board.path));
  return { ...onRunningBoard({ dispenser }), touch: touchGlass(board) };
}

// a tick of the board is 16 µs
dispenserContract('the bridge with the binary for an ATmega328P', 16, bench);

contactContract('the bridge with the binary for an ATmega328P', bench);
