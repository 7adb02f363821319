import type { JobEnd } from '#firmware-bridge/dispenser.ts';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { longestJob, StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { beverage } from '#recipes/machine-class.ts';
import { instructionOf, opOf, ops } from '#recipes/record.ts';
import { pause } from '#shared/clock.ts';
import { invariant, isFailure, unreachable } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import { microlitres } from '#shared/units.ts';
import { type PieceView, plan, unplannable } from '../planner/plan.ts';
import type { PlannerMachine } from '../planner/planner-machine.ts';
import { remainder } from '../planner/remainder.ts';
import { quotient } from '../planner/whole.ts';
import type { Bounds } from './bounds.ts';
import { calibrationOf, type ExecutorMachine } from './executor-machine.ts';
import { type Grant, requireOpen } from './grant.ts';
import { openInterlock } from './interlocks.ts';
import { type JobPorts, runJob } from './pump-job.ts';
import type { Drawn, PieceOutcome, Run, RunResult } from './run.ts';
import { type Asker, advance, type ExecutorEffect, type ExecutorEvent, type ExecutorState } from './state.ts';
import { TotalsBuffer, type TotalsSeal } from './totals-buffer.ts';

export interface RunPorts extends JobPorts {
  /** Seals the totals while a piece pours. */
  readonly token: TotalsSeal;
}

/** A lease that lapsed is renewed by pouring the rest; a host that lets it happen more often in one piece is not fit to pour. */
const mostLapses = 3;

/** One execution of a drink under one grant, piece by piece. Disposing switches all outputs off and wipes every amount. */
export class BatchRun implements Run {
  readonly #ports: RunPorts;
  readonly #machine: ExecutorMachine;
  readonly #planner: PlannerMachine;
  readonly #grant: Grant;
  readonly #bounds: Bounds;
  readonly #onClosed: () => void;
  readonly #steps = new StepBuffer();
  readonly #doses = new DoseBuffer();
  readonly #totals = new TotalsBuffer();
  readonly #inputs: Disposable;
  readonly #listeners = new Set<(state: ExecutorState) => void>();
  #state: ExecutorState = { t: 'idle' };
  #changed = Promise.withResolvers<void>();
  /** The state that lasted before, and who ended it, until the next one that does. */
  #left: { readonly from: ExecutorState['t']; readonly by: Asker } | null = null;
  #job: Promise<void> = Promise.resolve();
  #off: Promise<void> = Promise.resolve();
  #limit: Disposable | null = null;
  #lapses = 0;
  /** Called before a further job of the piece. */
  #again: () => unknown = nothing;
  #isBegun = false;
  /** A job was armed and the far end could not be asked what it executed. */
  #isUnread = false;

  constructor(ports: RunPorts, machine: ExecutorMachine, grant: Grant, bounds: Bounds, onClosed: () => void) {
    this.#ports = ports;
    this.#machine = machine;
    this.#grant = grant;
    this.#bounds = bounds;
    this.#onClosed = onClosed;
    const slots = bounds.slots.map(({ line }) => lineAt(machine, line));
    this.#planner = { ...machine, slots, nominalFlow: beverage.nominalFlow };
    this.#inputs = ports.dispenser.onInputs(() => this.#look());
    this.#dispatch({ t: 'start', by: 'cell' });
  }

  get drawn(): Drawn {
    return this.#totals;
  }

  get state(): ExecutorState {
    return this.#state;
  }

  watch(listener: (state: ExecutorState) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async piece(view: PieceView, taken: () => unknown = nothing, again: () => unknown = nothing): Promise<PieceOutcome> {
    requireOpen(this.#grant);
    this.#again = again;
    this.#isBegun = false;
    if (this.#over() === null) await this.#totals.takeOut(this.#ports.token);
    if (this.#over() !== null) return this.#outcome();
    const outcome = this.#take(view);
    if (outcome.t === 'ended') return outcome;
    await this.#handOver(taken);
    if (outcome.t === 'planned') return this.#pour();
    return this.#over() === null ? outcome : this.#outcome();
  }

  async finish(): Promise<RunResult> {
    invariant(!mayPour(this.#state), 'a run is finished between two pieces');
    await this.#takeOutTotals();
    if (isBetweenPieces(this.#state) && this.#totals.deliveredUl > 0) await this.#awaitDrops();
    this.#dispatch({ t: 'finish', by: 'cell' });
    await this.#until(() => this.#state.t === 'complete' || this.#over() !== null);
    const why = this.#over();
    const delivered_ul = microlitres(this.#totals.deliveredUl);
    const ordered_ul = microlitres(this.#totals.orderedUl);
    if (why === null) return { result: 'ok', delivered_ul, ordered_ul, reason: null };
    const result = delivered_ul > 0 || this.#isUnread ? 'partial' : 'failed';
    return { result, delivered_ul, ordered_ul, reason: why };
  }

  async stop(why: FailureCode, by: Asker = 'guest'): Promise<void> {
    this.#dispatch({ t: 'stop', by, why });
    await this.#until(() => !mayPour(this.#state) && this.#state.t !== 'stopping' && this.#state.t !== 'aborting');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.t !== 'complete') await this.stop('machine/pour-interrupted', 'cell');
    await this.#off;
    await this.#job;
    this.#limit?.[Symbol.dispose]();
    this.#inputs[Symbol.dispose]();
    this.#listeners.clear();
    this.#steps.wipe();
    this.#doses.wipe();
    this.#totals.wipe();
    this.#onClosed();
  }

  /** Whether no amount is left in any buffer of this run. */
  amountsAreWiped(): boolean {
    return this.#steps.isWiped() && this.#doses.isWiped() && this.#totals.isWiped();
  }

  /** Whether the totals are sealed, so that no amount of an earlier piece lies open. */
  totalsAreAway(): boolean {
    return this.#totals.isWiped();
  }

  /** Lets the piece be wiped and written down, and puts the totals away meanwhile. */
  async #handOver(taken: () => unknown): Promise<void> {
    const written = (async () => taken())();
    const both = await Promise.allSettled([written, this.#totals.putAway(this.#ports.token)]);
    for (const each of both) if (each.status === 'rejected') throw each.reason;
  }

  /** Without the token nobody knows any more what the pieces before delivered: the run ends then. */
  async #takeOutTotals(): Promise<void> {
    try {
      await this.#totals.takeOut(this.#ports.token);
    } catch (error) {
      this.#isUnread = true;
      this.#dispatch({ t: 'fault', by: 'cell', why: isFailure(error) ? error.code : 'token/failed' });
    }
  }

  /** Reads the piece: its steps and amounts are in wiped buffers from here on. */
  #take(view: PieceView): PieceOutcome | { readonly t: 'planned' } {
    switch (opOf(view)) {
      case ops.dispense:
        return this.#plan(view);
      case ops.pause:
        this.#totals.pauseAfter(view);
        return this.#outcome();
      case ops.manual:
        return { t: 'manual', instruction: instructionOf(view) };
      case ops.check:
      case ops.end:
        return this.#outcome();
      default:
        return this.#refuse('recipe/malformed');
    }
  }

  #plan(view: PieceView): PieceOutcome | { readonly t: 'planned' } {
    if (!this.#totals.admits(view, this.#bounds)) return this.#refuse('recipe/over-bound');
    if (plan(view, this.#planner, this.#steps) === unplannable) return this.#refuse('recipe/malformed');
    const length = this.#steps.lengthUs();
    const longestWaitMs = quotient(longestJob - length, 1000);
    if (!this.#totals.admitsTime(length, this.#bounds) || this.#totals.pauseMs > longestWaitMs) {
      return this.#refuse('recipe/over-bound');
    }
    const wait = this.#totals.pauseMs * 1000;
    this.#steps.shift(wait);
    this.#totals.order(view);
    this.#totals.spend(wait + length);
    this.#totals.pauseAfter(view);
    return { t: 'planned' };
  }

  async #pour(): Promise<PieceOutcome> {
    await this.#interlocked();
    if (this.#over() === null) {
      requireOpen(this.#grant);
      this.#lapses = 0;
      this.#dispatch({ t: 'pour', by: 'cell' });
      await this.#until(() => isBetweenPieces(this.#state) || this.#over() !== null);
    }
    this.#steps.wipe();
    this.#doses.wipe();
    return this.#outcome();
  }

  /** Resolves when all interlocks are good, or the run is over. */
  async #interlocked(): Promise<void> {
    const why = openInterlock(this.#ports.dispenser.inputs());
    if (why !== null) this.#dispatch({ t: 'interlock-lost', by: 'interlock', why });
    this.#look();
    await this.#until(() => isBetweenPieces(this.#state) || this.#over() !== null);
  }

  #refuse(why: FailureCode): PieceOutcome {
    this.#steps.wipe();
    this.#dispatch({ t: 'fault', by: 'recipe', why });
    return this.#outcome();
  }

  #outcome(): PieceOutcome {
    const why = this.#over();
    return why === null ? { t: 'done' } : { t: 'ended', why };
  }

  /** Why the run is over; null while it is not, and when it is complete. */
  #over(): FailureCode | null {
    return this.#state.t === 'stopped' || this.#state.t === 'aborted' ? this.#state.why : null;
  }

  #dispatch(event: ExecutorEvent): void {
    const before = this.#state;
    const { state, effects } = advance(before, event);
    if (state === before) return;
    this.#state = state;
    if (state.t !== before.t) this.#tell(before, event.by);
    for (const effect of effects) this.#do(effect);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
    this.#look();
  }

  #tell(before: ExecutorState, by: Asker): void {
    const state = this.#state;
    for (const listener of this.#listeners) listener(state);
    this.#log(before, by);
  }

  /** States in which a run stays; which ones it passes on the way tells whether something flowed just then. */
  #log(before: ExecutorState, by: Asker): void {
    const state = this.#state;
    this.#left ??= { from: before.t, by };
    if (!lasts(state)) return;
    const { from, by: asker } = this.#left;
    this.#left = null;
    if (from === state.t) return;
    this.#ports.log.info('run', { from, to: state.t, by: asker, why: 'why' in state ? state.why : null });
  }

  #do(effect: ExecutorEffect): void {
    switch (effect) {
      case 'arm':
        this.#job = this.#runSteps();
        return;
      case 'outputs-off':
        this.#off = this.#switchOff();
        return;
      case 'watch-limit':
        this.#limit = this.#ports.clock.after(this.#machine.holdLimit, () =>
          this.#dispatch({ t: 'limit-passed', by: 'clock' }),
        );
        return;
      case 'forget-limit':
        this.#limit?.[Symbol.dispose]();
        this.#limit = null;
        return;
      default:
        return unreachable(effect);
    }
  }

  /** Holds, goes on or gives up as the inputs demand. */
  #look(): void {
    const inputs = this.#ports.dispenser.inputs();
    const why = openInterlock(inputs);
    if (mayPour(this.#state) && this.#isEmpty(inputs.empty)) {
      this.#dispatch({ t: 'stop', by: 'dispenser', why: 'machine/ingredient-missing' });
    } else if (mayPour(this.#state) && why !== null) {
      this.#dispatch({ t: 'interlock-lost', by: 'interlock', why });
    } else if (this.#state.t === 'held' && why === null) {
      this.#dispatch({ t: 'interlock-back', by: 'interlock' });
    }
  }

  /** Whether a bottle of this drink reports empty. */
  #isEmpty(empty: number): boolean {
    return this.#planner.slots.some(({ pump }) => (empty & (1 << pump)) !== 0);
  }

  async #runSteps(): Promise<void> {
    if (this.#steps.count === 0) return this.#dispatch({ t: 'poured', by: 'dispenser' });
    try {
      requireOpen(this.#grant);
      if (this.#isBegun) await this.#again();
      // whoever stopped or held it meanwhile has switched the outputs off already
      if (!mayPour(this.#state)) return;
      this.#isBegun = true;
      const end = await runJob(this.#ports, this.#steps, this.#doses, () => {
        this.#isUnread = true;
        this.#dispatch({ t: 'armed', by: 'dispenser' });
        return mayPour(this.#state);
      });
      this.#tally();
      this.#ended(end);
    } catch (error) {
      this.#tally();
      this.#fault(error);
    }
  }

  /** Books what the last job executed and keeps what is left of it. */
  #tally(): void {
    if (this.#doses.count === 0) return;
    this.#isUnread = false;
    this.#totals.deliverAll(this.#doses, (pump) => calibrationOf(this.#machine, pump));
    remainder(this.#steps, this.#doses, (pump) => calibrationOf(this.#machine, pump));
    this.#doses.wipe();
  }

  #ended(end: JobEnd): void {
    switch (end.t) {
      case 'done':
        return this.#dispatch({ t: 'poured', by: 'dispenser' });
      case 'stopped':
        return;
      case 'fault':
        this.#lapses += 1;
        if (end.code === 'dispenser/lease-expired' && this.#lapses <= mostLapses) {
          return this.#dispatch({ t: 'lapsed', by: 'dispenser' });
        }
        return this.#dispatch({ t: 'fault', by: 'dispenser', why: end.code });
      default:
        return unreachable(end);
    }
  }

  #fault(error: unknown): void {
    this.#ports.log.warn('dispenser failed', { error: String(error) });
    this.#dispatch({ t: 'fault', by: 'dispenser', why: isFailure(error) ? error.code : 'dispenser/failed' });
  }

  async #switchOff(): Promise<void> {
    try {
      await this.#ports.dispenser.stop();
    } catch (error) {
      this.#fault(error);
      // nobody answers: one lease later the far end has let go by itself
      await pause(this.#ports.clock, this.#ports.lease);
    }
    await this.#job;
    this.#dispatch({ t: 'outputs-off', by: 'dispenser' });
  }

  async #awaitDrops(): Promise<void> {
    this.#steps.wipe();
    this.#steps.restUs = this.#machine.dripWait;
    try {
      await runJob(this.#ports, this.#steps, this.#doses, () => true);
    } catch (error) {
      this.#fault(error);
    } finally {
      this.#steps.wipe();
      this.#doses.wipe();
    }
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#changed.promise;
  }
}

const nothing = (): void => {};

const lasts = ({ t }: ExecutorState): boolean => !['holding', 'restarting', 'stopping', 'aborting'].includes(t);

const isBetweenPieces = (state: ExecutorState): boolean => state.t === 'running' && !state.pouring;

/** Whether outputs may be on, or about to be. */
function mayPour(state: ExecutorState): boolean {
  return state.t === 'restarting' || (state.t === 'running' && state.pouring);
}

function lineAt(machine: ExecutorMachine, line: number): ExecutorMachine['lines'][number] {
  const found = machine.lines[line];
  if (found === undefined) throw new RangeError(`the machine has no line ${line}`);
  return found;
}
