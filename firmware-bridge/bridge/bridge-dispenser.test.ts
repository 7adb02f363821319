import { afterEach } from 'vitest';
import { type BridgeBench, bridgeBench, onBoardTime, touchGlass } from '#tests/support/bridge-bench.ts';
import { contactContract, dispenserContract } from '#tests/support/dispenser-contract.ts';

const opened: BridgeBench[] = [];

afterEach(async () => {
  for (const bench of opened.splice(0)) await bench[Symbol.asyncDispose]();
});

// a tick of the board is 16 µs
dispenserContract('the bridge with the firmware as a program', 16, async () => {
  const bench = await bridgeBench();
  opened.push(bench);
  return onBoardTime(bench);
});

contactContract('the bridge with the firmware as a program', async () => {
  const bench = await bridgeBench();
  opened.push(bench);
  return { ...onBoardTime(bench), touch: touchGlass(bench.board) };
});
