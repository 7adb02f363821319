import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBridge } from '#firmware-bridge/bridge/open-bridge.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { pause } from '#shared/clock.ts';
import { isFailure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { milliseconds } from '#shared/units.ts';
import { startAvrBoard } from '#tests/hardware/avr-board.ts';
import type { Board } from '#tests/support/board.ts';
import { benchLimits, benchOptions } from '#tests/support/bridge-wiring.ts';
import { startNativeBoard } from '#tests/support/native-board.ts';
import { type Figure, quantile, report } from './report.ts';

/** How long the host waits until a job of three steps is armed, until a stop is carried out, and until a renewal is. */
const runs = 500;

async function measure(name: string, board: Board): Promise<Figure[]> {
  board.command('pin 7 0');
  board.command('pin 14 0');
  await using dispenser = await openBridge(benchOptions(board.path), {
    clock: systemClock,
    entropy: systemEntropy,
    log: silentLog,
  });
  await dispenser.configure(benchLimits);
  const steps = new StepBuffer();
  steps.push(0, 0, 1000, 0, 1_000_000);
  steps.push(1, 1, 1000, 0, 1_200_000);
  steps.push(0, 2, 1000, 1_500_000, 2_000_000);
  const taken = { arm: [] as number[], renew: [] as number[], stop: [] as number[] };
  let lost = 0;
  while (taken.stop.length < runs) {
    // an emulator that does not get its core is as good as unplugged
    while (dispenser.inputs().supply === 'open') await pause(systemClock, milliseconds(10));
    const from = performance.now();
    const isArmed = { at: 0 };
    const isRenewed = { at: 0 };
    try {
      const armed = await dispenser.arm(steps, milliseconds(1_000));
      isArmed.at = performance.now();
      await armed.renew();
      isRenewed.at = performance.now();
      await dispenser.stop();
    } catch (error) {
      if (!isFailure(error)) throw error;
      lost += 1;
      continue;
    }
    taken.arm.push(isArmed.at - from);
    taken.renew.push(isRenewed.at - isArmed.at);
    taken.stop.push(performance.now() - isRenewed.at);
  }
  return Object.entries(taken).map(([what, samples]) => ({
    what: `${what}, ${name}, p50`,
    value: quantile(samples, 0.5),
    unit: 'ms',
    runs,
    beside: `p99 ${quantile(samples, 0.99).toPrecision(3)} ms, most ${Math.max(...samples).toPrecision(3)} ms, link lost ${lost} times`,
  }));
}

const folder = mkdtempSync(join(tmpdir(), 'decant-bench-'));
try {
  {
    await using board = await startNativeBoard(folder);
    report('bridge', await measure('firmware as a program', board));
  }
  await using board = await startAvrBoard(folder);
  report('bridge', await measure('binary in the emulator, 250,000 baud', board));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
