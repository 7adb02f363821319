import type { CellStatus } from '#wire/cell-api.ts';

type LineView = CellStatus['lines'][number];

/** What somebody has to do for a line, now or soon. */
export type LineState = 'cleaning' | 'calibration' | 'cleaningSoon' | 'calibrationSoon' | 'hose' | 'hoseNew';

const dayMs = 24 * 3_600_000;
const soonMs = { cleaning: dayMs, calibration: 7 * dayMs, hose: 7 * dayMs };

/** The most pressing thing; null when a line is well kept. `now`: as the cell has it, milliseconds since 1970. */
export function lineState(line: LineView, now: number): LineState | null {
  const { blocked_by, cleaned, cleaning_due, calibrated, calibration_due, hose } = line;
  if (blocked_by !== null) return blocked_by;
  if (isSoon(cleaning_due, Math.min(soonMs.cleaning, ((cleaning_due ?? 0) - (cleaned ?? 0)) / 4), now))
    return 'cleaningSoon';
  if (isSoon(calibration_due, soonMs.calibration, now)) return 'calibrationSoon';
  if (isSoon(hose.due, soonMs.hose, now)) return 'hose';
  // another hose moves another volume
  return hose.replaced !== null && hose.replaced > (calibrated ?? 0) ? 'hoseNew' : null;
}

const isSoon = (due: number | null, within: number, now: number): boolean => due !== null && due - within <= now;
