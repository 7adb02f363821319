import { valueAt } from '#firmware-bridge/column.ts';
import type { GuardName, Inputs, JobEnd } from '#firmware-bridge/dispenser.ts';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import { carried } from '../planner/remainder.ts';
import { calibrationOf, type ExecutorMachine } from './executor-machine.ts';
import { type Grant, requireOpen } from './grant.ts';
import { type JobPorts, runJob } from './pump-job.ts';

/** What the grant of a service job allows one pump in all. */
export interface ServiceBound {
  readonly pump: number;
  readonly maxUl: number;
  readonly maxMs: number;
}

/** One pump on for a while. */
export interface ServiceStep {
  readonly pump: number;
  /** 1 … 1000 permille. */
  readonly drive: number;
  readonly onUs: number;
}

/** What a pump executed, and what that carried by the calibration. Nobody's recipe: these may be told and written down. */
export interface Moved {
  readonly pump: number;
  readonly ul: number;
  readonly us: number;
}

/** A glass has no business under a nozzle that is being rinsed. */
const heed: readonly GuardName[] = ['door', 'tray'];

/** Why a technician may not move a pump now; null when all is well. `moving`: doors count only while something may flow. */
export function openServiceGuard(inputs: Inputs, moving = true): FailureCode | null {
  if (inputs.serviceKey === 'open') return 'service/key-missing';
  if (!moving) return null;
  if (inputs.supply === 'open') return 'dispenser/failed';
  return inputs.door === 'open' || inputs.tray === 'open' ? 'machine/interlock-open' : null;
}

/**
 * Moves pumps under the grant of a service job, by the same leases and limits as a drink. It never resumes: whatever ends it early
 * ends it for good. Disposing switches all outputs off.
 */
export class ServiceRun implements AsyncDisposable {
  readonly #ports: JobPorts;
  readonly #machine: ExecutorMachine;
  readonly #grant: Grant;
  readonly #bounds: readonly ServiceBound[];
  readonly #onClosed: () => void;
  readonly #moved = new Map<number, Moved>();
  readonly #inputs: Disposable;
  readonly #halted = new AbortController();
  #isMoving = false;
  #why: string | null = null;
  #off: Promise<void> = Promise.resolve();

  constructor(
    ports: JobPorts,
    machine: ExecutorMachine,
    grant: Grant,
    bounds: readonly ServiceBound[],
    onClosed: () => void,
  ) {
    this.#ports = { ...ports, heed };
    this.#machine = machine;
    this.#grant = grant;
    this.#bounds = bounds;
    this.#onClosed = onClosed;
    this.#inputs = ports.dispenser.onInputs((inputs) => this.#look(inputs));
  }

  /** What was executed so far. */
  get moved(): readonly Moved[] {
    return [...this.#moved.values()];
  }

  /** Why it ended early; null while it goes on. */
  get why(): string | null {
    return this.#why;
  }

  /** Aborted when it ends early. */
  get halted(): AbortSignal {
    return this.#halted.signal;
  }

  /**
   * Runs the steps at once, as one job of the far end, and answers what they executed; how it ended early is told by `why`.
   * @throws Failure `machine/no-grant`, `dispenser/over-limit` for more than the grant allows, before anything moves
   */
  async move(steps: readonly ServiceStep[]): Promise<readonly Moved[]> {
    requireOpen(this.#grant);
    this.#requireAllowed(steps);
    const why = this.#why ?? openServiceGuard(this.#ports.dispenser.inputs());
    if (why !== null) {
      this.#halt(why);
      return [];
    }
    using buffer = new StepBuffer();
    using doses = new DoseBuffer();
    for (const { pump, drive, onUs } of steps) buffer.push(pump, 0, drive, 0, onUs);
    this.#isMoving = true;
    try {
      this.#ended(await runJob(this.#ports, buffer, doses, () => this.#why === null));
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.#ports.log.warn('service job failed', { code: error.code });
      this.#halt(error.code);
    } finally {
      this.#isMoving = false;
    }
    await this.#off;
    return this.#tally(doses);
  }

  /** Ends it at once; resolves when the outputs are off. */
  async stop(why: string): Promise<void> {
    this.#halt(why);
    await this.#off;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isMoving) await this.stop('cell');
    await this.#off;
    this.#inputs[Symbol.dispose]();
    this.#onClosed();
  }

  #look(inputs: Inputs): void {
    const why = openServiceGuard(inputs, this.#isMoving);
    if (why !== null) this.#halt(why);
  }

  #halt(why: string): void {
    // the supply goes with what broke, and that says more
    if (this.#why === 'dispenser/failed' && why.startsWith('dispenser/')) this.#why = why;
    if (this.#why !== null) return;
    this.#why = why;
    this.#halted.abort(new Failure('machine/pour-interrupted', { reason: why }));
    this.#off = this.#switchOff();
  }

  async #switchOff(): Promise<void> {
    try {
      await this.#ports.dispenser.stop();
    } catch (error) {
      // nobody answers: one lease later the far end lets go by itself
      if (!isFailure(error)) throw error;
      this.#ports.log.warn('outputs not switched off', { code: error.code });
    }
  }

  #ended(end: JobEnd): void {
    if (end.t === 'fault') this.#halt(end.code);
    // the far end itself saw a contact open
    else if (end.t === 'stopped')
      this.#halt(openServiceGuard(this.#ports.dispenser.inputs()) ?? 'machine/interlock-open');
  }

  #requireAllowed(steps: readonly ServiceStep[]): void {
    for (const { pump, drive, onUs } of steps) {
      const bound = this.#bounds.find((each) => each.pump === pump);
      const done = this.#moved.get(pump) ?? { ul: 0, us: 0 };
      const ul = done.ul + carried(calibrationOf(this.#machine, pump), drive, onUs);
      if (bound === undefined || ul > bound.maxUl || done.us + onUs > bound.maxMs * 1000) {
        throw new Failure('dispenser/over-limit', { pump });
      }
    }
  }

  #tally(doses: DoseBuffer): readonly Moved[] {
    const executed = movedIn(doses, this.#machine);
    for (const { pump, ul, us } of executed) {
      const before = this.#moved.get(pump) ?? { ul: 0, us: 0 };
      this.#moved.set(pump, { pump, ul: before.ul + ul, us: before.us + us });
    }
    return executed;
  }
}

/** What the rows of a service job executed; never asked of a drink. */
export function movedIn(doses: DoseBuffer, machine: Pick<ExecutorMachine, 'lines'>): readonly Moved[] {
  return Array.from({ length: doses.count }, (_, row) => {
    const pump = valueAt(doses.pump, row);
    const us = valueAt(doses.onUs, row);
    return { pump, us, ul: carried(calibrationOf(machine, pump), valueAt(doses.drive, row), us) };
  });
}
