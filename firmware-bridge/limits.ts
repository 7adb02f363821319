import { Failure } from '#shared/failure.ts';
import { valueAt } from './column.ts';
import type { PumpLimits } from './dispenser.ts';
import type { StepBuffer } from './step-buffer.ts';

/** Pumps are bits of a 32-bit number wherever several are told at once. */
const mostPumps = 32;

/** @throws Failure `dispenser/unknown-pump` for a pump that no read-back could show. */
export function checkPumps(pumps: readonly PumpLimits[]): void {
  for (const { pump } of pumps)
    if (pump < 0 || pump >= mostPumps) throw new Failure('dispenser/unknown-pump', { pump });
}

/**
 * Refuses a job that some pump may not run.
 * @throws Failure `dispenser/unknown-pump`, `dispenser/over-limit` (also for two steps of one pump at one time).
 */
export function checkLimits(steps: StepBuffer, pumps: readonly PumpLimits[]): void {
  for (let row = 0; row < steps.count; row += 1) {
    const pump = valueAt(steps.pump, row);
    const limits = pumps.find((each) => each.pump === pump);
    if (limits === undefined) throw new Failure('dispenser/unknown-pump', { pump });
    if (!within(steps, row, limits)) throw new Failure('dispenser/over-limit', { pump });
  }
}

function within(steps: StepBuffer, row: number, limits: PumpLimits): boolean {
  const drive = valueAt(steps.drive, row);
  if (drive < 1 || drive > 1000 || overlaps(steps, row)) return false;
  return totalOnUs(steps, limits.pump) <= longestOnUs(limits);
}

/** Longest on-time of one job, µs: from the limits alone, so that no amount is ever a fraction (which would lie on the heap). */
export function longestOnUs({ maxOn, maxVolume, maxFlow }: PumpLimits): number {
  return Math.min(maxOn * 1000, Math.floor((maxVolume / maxFlow) * 1e6));
}

function overlaps(steps: StepBuffer, row: number): boolean {
  const start = valueAt(steps.startUs, row);
  const stop = valueAt(steps.stopUs, row);
  for (let other = 0; other < row; other += 1) {
    const apart = valueAt(steps.stopUs, other) <= start || valueAt(steps.startUs, other) >= stop;
    if (steps.pump[other] === steps.pump[row] && !apart) return true;
  }
  return false;
}

function totalOnUs(steps: StepBuffer, pump: number): number {
  let total = 0;
  for (let row = 0; row < steps.count; row += 1) {
    if (steps.pump[row] === pump) total += valueAt(steps.stopUs, row) - valueAt(steps.startUs, row);
  }
  return total;
}
