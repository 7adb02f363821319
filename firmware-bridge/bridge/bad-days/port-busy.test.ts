import { expect, it } from 'vitest';
import { bridgeBench, openBenchBridge } from '#tests/support/bridge-bench.ts';
import { benchLimits } from '#tests/support/bridge-wiring.ts';

it('a second host on the port is refused, and the first one does not notice', async () => {
  await using bench = await bridgeBench();
  await bench.dispenser.configure(benchLimits);
  await expect(openBenchBridge(bench.board.path)).rejects.toThrow('reason=busy');
  expect(await bench.dispenser.readBack()).toBe(0);
  expect(bench.dispenser.inputs().supply).not.toBe('open');
  const { line } = bench.dispenser.state;
  expect(line.dropped).toBe(0);
});
