import type { LineView } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { HoseView } from '#wire/service-api.ts';
import { timeLimits } from '../trusted-time.ts';
import { calibrationInForce } from './live-config.ts';
import type { ServiceBook } from './service-book.ts';

type Pump = MachineConfig['pumps'][number];
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What the state of a line follows from; `now` is the best time that the cell knows, milliseconds since 1970. */
export interface LineGrounds {
  readonly config: Pick<MachineConfig, 'pumps' | 'limits' | 'cleaning'>;
  readonly service: ServiceBook;
  readonly now: number;
}

/** How well a line is kept, as anyone may see it. */
export type Keeping = Pick<
  LineView,
  | 'blocked_by'
  | 'min_dose_ul'
  | 'dose_error_ul'
  | 'calibrated'
  | 'calibration_due'
  | 'cleaned'
  | 'cleaning_due'
  | 'hose'
>;

/**
 * Whether a line may be sold from, and until when. What was never written down did not happen: a line with a cleaning plan and without
 * a cleaning is overdue, and so is a calibration of unknown date where machine.yaml limits its age. While the time is not trusted
 * `now` is the later of the signed time and the computer's clock: a line is stopped too early then, never too late. A date that lies
 * in the future was written by a wrong clock and counts as unknown.
 */
export function keepingOf(pump: Pump, { config, service, now }: LineGrounds): Keeping {
  const calibration = calibrationInForce(pump, service.calibrations);
  const calibrated = past(calibration?.measured ?? null, now);
  const cleaned = past(service.cleaned.get(pump.line)?.at ?? null, now);
  const plan = planOf(pump, config);
  const calibration_due = pump.calibration_days === null ? null : (calibrated ?? 0) + pump.calibration_days * dayMs;
  const cleaning_due = plan === null ? null : (cleaned ?? 0) + plan.every_hours * hourMs;
  const { min_dose_ul, dose_error_ul } = config.limits;
  return {
    blocked_by: blockedBy({ cleaning_due, calibration_due }, now),
    min_dose_ul,
    // nine doses of ten lie within twice the deviation that was seen
    dose_error_ul: Math.max(dose_error_ul, 2 * (calibration?.spread_ul ?? 0)),
    calibrated,
    calibration_due,
    cleaned,
    cleaning_due,
    hose: hoseOf(pump, service, now),
  };
}

/** When the line has to be cleaned, with what; null for no plan. */
export function planOf({ cleaning }: Pump, config: Pick<MachineConfig, 'cleaning'>) {
  return cleaning ?? config.cleaning;
}

/** The next moment from which some line is not sold from any more; null when there is none. */
export function nextDue(grounds: LineGrounds): number | null {
  const dues = grounds.config.pumps
    .map((pump) => keepingOf(pump, grounds))
    .flatMap(({ calibration_due, cleaning_due }) => [calibration_due, cleaning_due])
    .filter((due) => due !== null && due > grounds.now);
  return dues.length === 0 ? null : Math.min(...(dues as number[]));
}

function blockedBy(
  { cleaning_due, calibration_due }: Pick<Keeping, 'cleaning_due' | 'calibration_due'>,
  now: number,
): Keeping['blocked_by'] {
  if (cleaning_due !== null && cleaning_due <= now) return 'cleaning';
  return calibration_due !== null && calibration_due <= now ? 'calibration' : null;
}

function past(at: number | null, now: number): number | null {
  return at !== null && at > now + timeLimits.aheadMs ? null : at;
}

function hoseOf({ line, hose }: Pump, { hoses, began }: ServiceBook, now: number): HoseView {
  const { since, ul, ms } = hoses.get(line) ?? { since: null, ul: 0, ms: 0 };
  const max_ul = hose?.ml == null ? null : hose.ml * 1000;
  const max_ms = hose?.hours == null ? null : hose.hours * hourMs;
  const worn = Math.max(max_ul === null ? 0 : ul / max_ul, max_ms === null ? 0 : ms / max_ms);
  const used = now - (since ?? began ?? now);
  const due = worn === 0 || used <= 0 ? null : Math.round(now - used + used / worn);
  return { replaced: since, ul, ms, max_ul, max_ms, due };
}
