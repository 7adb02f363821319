import type { Clock } from '#shared/clock.ts';
import { Failure } from '#shared/failure.ts';
import type { CellEvent } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { CalibrationAnswer, CurveView, WeighedDose } from '#wire/service-api.ts';
import type { Books } from '../books.ts';
import type { Executor } from '../executor/executor.ts';
import type { EntryOf } from '../journal/entry.ts';
import { calibrationOf } from '../machine-model.ts';
import type { Mixer } from '../mixer.ts';
import { type Curve, curveOf, leastDoses } from './curve.ts';
import { calibrationInForce } from './live-config.ts';
import { pumpOf } from './programs.ts';
import type { Calibrated } from './service-book.ts';
import type { ServiceJobs } from './service-jobs.ts';

type Pump = MachineConfig['pumps'][number];

export interface CalibratePorts {
  readonly mixer: Pick<Mixer, 'takeForService'>;
  readonly executor: Pick<Executor, 'configure'>;
  readonly books: Books;
  readonly jobs: Pick<ServiceJobs, 'dose'>;
  /** As it holds now. */
  readonly config: MachineConfig;
  /** What machine.yaml says, which holds where nothing was calibrated. */
  readonly written: MachineConfig;
  readonly clock: Clock;
  readonly tell: (event: CellEvent) => void;
}

export interface CalibrationRequest {
  readonly line: number;
  readonly doses: readonly WeighedDose[];
  readonly water: boolean;
  readonly dry_run: boolean;
  readonly who: string;
}

/** The curve of the line, and the one before it, as far as anybody wrote one down. @throws Failure `dispenser/unknown-pump` */
export function calibrationOfLine(line: number, ports: Pick<CalibratePorts, 'books' | 'config' | 'written'>) {
  const { books, config, written } = ports;
  const pump = pumpOf(line, config);
  const { calibrations } = books.ledger.service;
  const before =
    calibrationInForce(pump, calibrations) === null ? null : beforeIt(pump, calibrations, pumpOf(line, written));
  return { line, now: viewOf(pump, calibrationInForce(pump, calibrations)), before };
}

/**
 * Takes a new calibration, which acts from the next dose on: CALIBRATED*, then the limits at the far end. Nothing is written and
 * nothing changes with `dry_run`.
 * @throws Failure `dispenser/unknown-pump`, `machine/busy`, `calibration/dose-unknown` {job} and those of `curveOf`
 */
export async function calibrate(request: CalibrationRequest, ports: CalibratePorts): Promise<CalibrationAnswer> {
  const { books, config, clock, mixer } = ports;
  const pump = pumpOf(request.line, config);
  const readings = readingsOf(request, pump, ports);
  // a curve with fewer points would make a pump that can be slowed one that cannot
  const missing = pump.flow.find(({ drive }) => readings.every((reading) => reading.drive !== drive));
  if (missing !== undefined) {
    throw new Failure('calibration/too-few-doses', { drive: missing.drive, doses: 0, needed: leastDoses });
  }
  const curve = curveOf(readings, pump.lag_us);
  const at = clock.now();
  const entry: EntryOf<'CALIBRATED'> = {
    kind: 'CALIBRATED',
    line: pump.line,
    ingredient: pump.ingredient,
    points: curve.points,
    lag_us: curve.lag_us,
    factor: request.water ? pumpOf(pump.line, ports.written).liquid_factor : 1000,
    spread_ul: curve.spread_ul,
    doses: request.doses.length,
    measured: at,
    undone: false,
    who: request.who,
    at,
  };
  requireUsable(entry, pump);
  const old = viewOf(pump, calibrationInForce(pump, books.ledger.service.calibrations));
  if (!request.dry_run) {
    using _station = await mixer.takeForService();
    await inForce(entry, ports);
  }
  return { line: pump.line, old, new: viewOf(pump, entry), doses: dosesOf(curve) };
}

/** Takes the calibration before this one back into use. @throws Failure `dispenser/unknown-pump`, `machine/busy`, `calibration/none-before` */
export async function undoCalibration(line: number, who: string, ports: CalibratePorts): Promise<CalibrationAnswer> {
  const pump = pumpOf(line, ports.config);
  using _station = await ports.mixer.takeForService();
  const { now: old, before } = calibrationOfLine(line, ports);
  if (before === null) throw new Failure('calibration/none-before', { line });
  const { points, lag_us, factor, measured, spread_ul } = before;
  const entry: EntryOf<'CALIBRATED'> = {
    kind: 'CALIBRATED',
    line,
    ingredient: pump.ingredient,
    points,
    lag_us,
    factor,
    spread_ul: spread_ul ?? 0,
    doses: 0,
    measured,
    undone: true,
    who,
    at: ports.clock.now(),
  };
  await inForce(entry, ports);
  return { line, old, new: before, doses: [] };
}

async function inForce(entry: EntryOf<'CALIBRATED'>, { books, executor, tell }: CalibratePorts): Promise<void> {
  await books.append(entry);
  await executor.configure();
  tell({ event: 'changed', body: {} });
}

/** What is written down is believed at every start: nothing may stand there that no planner can use. */
function requireUsable({ points, lag_us, factor }: EntryOf<'CALIBRATED'>, pump: Pump): void {
  try {
    calibrationOf({ ...pump, flow: points, lag_us, liquid_factor: factor });
  } catch (error) {
    throw new Failure('calibration/out-of-range', { drive: points.at(-1)?.drive ?? 0 }, error);
  }
}

function readingsOf({ line, doses }: CalibrationRequest, { density_mg_per_ml }: Pump, { jobs }: CalibratePorts) {
  const seen = new Set<number>();
  return doses.map((weighed) => {
    const dose = jobs.dose(weighed.job);
    if (dose?.line !== line || seen.has(weighed.job))
      throw new Failure('calibration/dose-unknown', { job: weighed.job });
    seen.add(weighed.job);
    const ul = 'ul' in weighed ? weighed.ul : Math.round((weighed.mg * 1000) / density_mg_per_ml);
    return { drive: dose.drive, us: dose.us, ul };
  });
}

function beforeIt(pump: Pump, calibrations: ReadonlyMap<number, readonly Calibrated[]>, written: Pump): CurveView {
  const before = calibrations.get(pump.line)?.at(-2);
  return before?.ingredient === pump.ingredient ? viewOf(pump, before) : viewOf(written, null);
}

function viewOf({ flow, lag_us, liquid_factor }: Pump, calibrated: Calibrated | null): CurveView {
  if (calibrated === null) return { points: flow, lag_us, factor: liquid_factor, measured: null, spread_ul: null };
  const { points, lag_us: lag, factor, measured, spread_ul } = calibrated;
  return { points, lag_us: lag, factor, measured, spread_ul: measured === null ? null : spread_ul };
}

function dosesOf({ groups }: Curve): CalibrationAnswer['doses'] {
  return groups.map(({ drive, doses, mean_ul, spread_ul, spread_permille }) => ({
    drive,
    doses,
    mean_ul,
    spread_ul,
    spread_permille,
  }));
}
