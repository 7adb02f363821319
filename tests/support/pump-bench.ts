import type { BatchRun } from '#cell/executor/batch-run.ts';
import type { Bounds } from '#cell/executor/bounds.ts';
import { createExecutor, type Executor } from '#cell/executor/executor.ts';
import type { ExecutorMachine } from '#cell/executor/executor-machine.ts';
import { Grant } from '#cell/executor/grant.ts';
import type { TotalsSeal } from '#cell/executor/totals-buffer.ts';
import { FlowCalibration, type Measured } from '#cell/planner/flow-calibration.ts';
import { SimDispenser, type SimOptions } from '#firmware-bridge/sim/sim-dispenser.ts';
import { noSpread, type Spread, simPump } from '#firmware-bridge/sim/sim-pumps.ts';
import { recordBytes, type Timing, writeDispense, writeManual, writePause } from '#recipes/record.ts';
import { type Log, silentLog } from '#shared/log.ts';
import { microlitres, microlitresPerSecond, microseconds, milliseconds } from '#shared/units.ts';
import { SteppedClock } from './stepped-clock.ts';
import { openSeal } from './totals-seal.ts';

/** Four lines of 10 ml/s, the last with a pump that knows one speed only. */
const measured: readonly Measured[] = [0, 1, 2, 3].map((pump) => ({
  points:
    pump === 3
      ? [{ drive: 1000, flow: microlitresPerSecond(10_000) }]
      : [
          { drive: 400, flow: microlitresPerSecond(3_500) },
          { drive: 700, flow: microlitresPerSecond(6_800) },
          { drive: 1000, flow: microlitresPerSecond(10_000) },
        ],
  lag: microseconds(60_000),
  factor: 1000,
}));

export const machine: ExecutorMachine = {
  ...fitted(measured),
  atOnce: 4,
  smallDose: microlitres(20_000),
  dripWait: microseconds(1_500_000),
  lease: milliseconds(240),
  holdLimit: milliseconds(30_000),
};

export const bounds: Bounds = {
  totalUl: microlitres(300_000),
  durationMs: milliseconds(120_000),
  parallel: 4,
  minDoseUl: microlitres(0),
  slots: [0, 1, 2, 3].map((line) => ({ maxUl: microlitres(200_000), line })),
};

function fitted(pumps: readonly Measured[]): Pick<ExecutorMachine, 'lines' | 'limits'> {
  const lines = pumps.map((each, pump) => ({ pump, calibration: new FlowCalibration(each) }));
  const maxOn = milliseconds(60_000);
  const maxVolume = microlitres(500_000);
  return {
    lines,
    limits: lines.map(({ pump, calibration }) => ({ pump, maxOn, maxVolume, maxFlow: calibration.maxFlow })),
  };
}

/** A machine on the bench with a run opened on it. */
export interface Bench {
  readonly clock: SteppedClock;
  readonly sim: SimDispenser;
  readonly executor: Executor;
  readonly grant: Grant;
  readonly run: BatchRun;
  /** What is in the glass, µl. */
  readonly inGlass: () => number;
}

export interface BenchOptions
  extends Partial<
    Pick<
      SimOptions,
      'linkDelay' | 'seed' | 'timeScale' | 'levelSwitches' | 'currentSense' | 'stopsOnOpenContact' | 'scale' | 'meters'
    >
  > {
  readonly log?: Log;
  readonly spread?: Spread;
  readonly machine?: Partial<ExecutorMachine>;
  readonly bounds?: Partial<Bounds>;
  /** Seals the totals of a run; by default nobody does. */
  readonly token?: TotalsSeal;
  /** Other pumps than the usual four. */
  readonly pumps?: readonly Measured[];
}

export async function bench(options: BenchOptions = {}): Promise<Bench> {
  const clock = new SteppedClock();
  const {
    spread = noSpread,
    seed = 1,
    machine: otherMachine,
    bounds: otherBounds,
    pumps = measured,
    log = silentLog,
    ...model
  } = options;
  const models = pumps.map((each) => simPump(each, 700_000, spread));
  const sim = new SimDispenser({ clock, pumps: models, seed, ...model });
  const executor = createExecutor({
    dispenser: sim,
    clock,
    log,
    token: options.token ?? openSeal,
    machine: { ...machine, ...fitted(pumps), ...otherMachine },
  });
  await executor.configure();
  const grant = new Grant({ t: 'batch', licence: '00' });
  const run = executor.open(grant, { ...bounds, ...otherBounds });
  return { clock, sim, executor, grant, run, inGlass: () => sim.weigh().reduce((sum, each) => sum + each, 0) };
}

/** A piece that pours [slot, µl] pairs. */
export function dispense(timing: Timing, doses: readonly (readonly [number, number])[], pauseMs = 0): DataView {
  const record = new DataView(new ArrayBuffer(recordBytes));
  writeDispense(
    record,
    timing,
    doses.map(([slot, amountUl]) => ({ slot, amountUl })),
    pauseMs,
  );
  return record;
}

export function pausePiece(ms: number): DataView {
  const record = new DataView(new ArrayBuffer(recordBytes));
  writePause(record, ms);
  return record;
}

export function manualPiece(instruction: number): DataView {
  const record = new DataView(new ArrayBuffer(recordBytes));
  writeManual(record, instruction);
  return record;
}
