import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import type { Clock } from '#shared/clock.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { type Microlitres, microlitres } from '#shared/units.ts';
import { carriedInAll } from '../planner/remainder.ts';
import { BatchRun } from './batch-run.ts';
import type { Bounds } from './bounds.ts';
import { calibrationOf, type ExecutorMachine } from './executor-machine.ts';
import { type Grant, requireOpen } from './grant.ts';
import type { Run } from './run.ts';
import { type Moved, movedIn, type ServiceBound, ServiceRun } from './service-run.ts';
import type { TotalsSeal } from './totals-buffer.ts';
import { LeadTimes } from './weighed-dose.ts';

export interface ExecutorParts {
  readonly dispenser: Dispenser;
  readonly clock: Clock;
  readonly log: Log;
  readonly machine: ExecutorMachine;
  /** Seals the totals of a run between its pieces. */
  readonly token: TotalsSeal;
}

/** What was left of the last job of a host that died. */
export interface Leftover {
  readonly job: number;
  readonly delivered_ul: Microlitres;
  /** Of a service job. */
  readonly moved?: readonly Moved[];
}

/** The only way to a pump: one run at a time, each under its grant. */
export interface Executor {
  /**
   * Gives the far end its limits and, all outputs being off, the supply. Once at start, and again after a stuck output was repaired or a
   * calibration changed the limits; never while a run is open.
   * @throws Failure `dispenser/output-stuck`, `dispenser/failed`
   */
  configure(): Promise<void>;
  /**
   * Before a run that begins: where the supply of the pumps went (an emergency stop), the far end reads its outputs back and gives it
   * again. Not after an output that did not obey: somebody who has looked starts the cell anew or calls `configure`. What cannot be
   * given stays open in the inputs, and is the reason why nothing flows.
   */
  ready(): Promise<void>;
  /**
   * What the last job of a host that died executed, computed by the calibration; null when there is none. For the start after a
   * crash: the job is stopped if it still runs. `isService`: it was a technician's, and may be told pump by pump.
   * @throws Failure `dispenser/failed`
   */
  leftover(isService?: boolean): Promise<Leftover | null>;
  /** Lets the far end forget that job, once it is written down: power may be lost again before. @throws Failure `dispenser/failed` */
  forgetLeftover(): Promise<void>;
  /** Begins a run. @throws Failure `machine/no-grant`, `machine/busy` while another run is not disposed. */
  open(grant: Grant, bounds: Bounds): Run;
  /** The same for a service job, which opens no recipe. */
  openService(grant: Grant, bounds: readonly ServiceBound[]): ServiceRun;
}

/** The executor of class `beverage`. */
export interface DrinkExecutor extends Executor {
  open(grant: Grant, bounds: Bounds): BatchRun;
}

/** Executes drinks on this dispenser. A run sees the machine as it is when the run is opened. */
export function createExecutor({ dispenser, clock, log, machine, token }: ExecutorParts): DrinkExecutor {
  let current: BatchRun | ServiceRun | null = null;
  let isStuck = false;
  const closed = (): void => {
    isStuck ||= current !== null && whyEnded(current) === 'dispenser/output-stuck';
    current = null;
  };
  const requireFree = (): void => {
    if (current !== null) throw new Failure('machine/busy');
  };
  const leads = new LeadTimes();
  const configure = async (): Promise<void> => {
    await dispenser.configure(machine.limits);
    isStuck = false;
  };
  const resupply = async (): Promise<void> => {
    if (dispenser.inputs().supply !== 'open') return;
    try {
      await dispenser.configure(machine.limits);
    } catch (error) {
      if (!isFailure(error)) throw error;
      isStuck ||= error.code === 'dispenser/output-stuck';
      log.warn('the pumps get no supply', { code: error.code });
    }
  };
  return {
    configure,
    ready: async () => {
      if (current === null && !isStuck && dispenser.isStuck !== true) await resupply();
    },
    async leftover(isService = false) {
      await dispenser.stop();
      using doses = new DoseBuffer();
      const last = await dispenser.lastJob(doses);
      if (last === null) return null;
      const delivered_ul = microlitres(carriedInAll(doses, (pump) => calibrationOf(machine, pump)));
      return { job: last.job, delivered_ul, ...(isService ? { moved: movedIn(doses, machine) } : {}) };
    },
    forgetLeftover: () => dispenser.forgetLastJob(),
    open(grant, bounds) {
      requireOpen(grant);
      requireFree();
      const run = new BatchRun(
        { dispenser, clock, log, token, leads, lease: machine.lease },
        { ...machine },
        grant,
        bounds,
        closed,
      );
      current = run;
      return run;
    },
    openService(grant, bounds) {
      requireOpen(grant);
      requireFree();
      const run = new ServiceRun(
        { dispenser, clock, log, lease: machine.lease },
        { ...machine },
        grant,
        bounds,
        closed,
      );
      current = run;
      return run;
    },
  };
}

/** Null while it goes on, or when all went well. */
function whyEnded(run: BatchRun | ServiceRun): string | null {
  if (run instanceof ServiceRun) return run.why;
  return 'why' in run.state ? run.state.why : null;
}
