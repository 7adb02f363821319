import type { Inputs, JobEnd } from '#firmware-bridge/dispenser.ts';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { pause } from '#shared/clock.ts';
import { Failure, invariant, isFailure, unreachable } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import { microlitres } from '#shared/units.ts';
import type { PieceView } from '../planner/plan.ts';
import type { Bounds } from './bounds.ts';
import type { ExecutorMachine } from './executor-machine.ts';
import { Feedback } from './feedback.ts';
import { feedbackMachine } from './feedback-machine.ts';
import { type Grant, requireOpen } from './grant.ts';
import { openInterlock } from './interlocks.ts';
import { JobBooks } from './job-books.ts';
import { PieceTaker, type Taken } from './piece-taker.ts';
import { Progress } from './progress.ts';
import { type JobPorts, runJob } from './pump-job.ts';
import type { Drawn, PieceOutcome, Run, RunResult } from './run.ts';
import { type Asker, type ExecutorEffect, type ExecutorEvent, type ExecutorState, isHeldByHand } from './state.ts';
import { TotalsBuffer, type TotalsSeal } from './totals-buffer.ts';
import type { LeadTimes } from './weighed-dose.ts';

export interface RunPorts extends JobPorts {
  /** Seals the totals while a piece pours. */
  readonly token: TotalsSeal;
  /** What earlier doses by weight have taught. */
  readonly leads: LeadTimes;
}

/** A lease that lapsed is renewed by pouring the rest; a host that lets it happen more often in one piece is not fit to pour. */
const mostLapses = 3;

/** One execution of a drink under one grant, piece by piece. Disposing switches all outputs off and wipes every amount. */
export class BatchRun implements Run {
  readonly #ports: RunPorts;
  readonly #machine: ExecutorMachine;
  readonly #grant: Grant;
  readonly #taker: PieceTaker;
  readonly #books: JobBooks;
  readonly #onClosed: () => void;
  readonly #progress: Progress;
  readonly #feedback: Feedback | null;
  readonly #steps = new StepBuffer();
  readonly #doses = new DoseBuffer();
  readonly #totals = new TotalsBuffer();
  readonly #inputs: Disposable;
  #job: Promise<void> = Promise.resolve();
  #off: Promise<void> = Promise.resolve();
  #limit: Disposable | null = null;
  #lapses = 0;
  /** Called before a further job of the piece. */
  #again: () => unknown = nothing;
  #isBegun = false;
  /** Something may be in the glass. */
  #hasPoured = false;

  constructor(ports: RunPorts, machine: ExecutorMachine, grant: Grant, bounds: Bounds, onClosed: () => void) {
    this.#ports = ports;
    this.#machine = machine;
    this.#grant = grant;
    this.#onClosed = onClosed;
    this.#feedback = this.#openFeedback();
    const parts = {
      machine,
      bounds,
      steps: this.#steps,
      doses: this.#doses,
      totals: this.#totals,
      feedback: this.#feedback,
    };
    this.#taker = new PieceTaker(parts);
    this.#books = new JobBooks(parts);
    this.#progress = new Progress({
      log: ports.log,
      act: (effect) => this.#do(effect),
      changed: () => this.#look(),
    });
    this.#inputs = ports.dispenser.onInputs(() => this.#look());
    this.#dispatch({ t: 'start', by: 'cell' });
  }

  get drawn(): Drawn {
    return this.#totals;
  }

  get state(): ExecutorState {
    return this.#progress.state;
  }

  watch(listener: (state: ExecutorState) => void): Disposable {
    return this.#progress.watch(listener);
  }

  async piece(view: PieceView, taken: () => unknown = nothing, again: () => unknown = nothing): Promise<PieceOutcome> {
    requireOpen(this.#grant);
    this.#again = again;
    this.#isBegun = false;
    if (this.#progress.over === null) await this.#totals.takeOut(this.#ports.token);
    if (this.#progress.over !== null) return this.#outcome();
    if (this.#machine.byWeight === true) await this.#feedback?.ready();
    const outcome = this.#taker.take(view);
    if (outcome.t === 'refused') return this.#refuse(outcome);
    await this.#handOver(taken);
    if (outcome.t === 'planned') return this.#pour();
    return outcome.t === 'manual' && this.#progress.over === null ? outcome : this.#outcome();
  }

  async finish(): Promise<RunResult> {
    invariant(!this.#progress.mayPour, 'a run is finished between two pieces');
    await this.#takeOutTotals();
    if (this.#progress.isBetweenPieces && this.#totals.deliveredUl > 0) await this.#awaitDrops();
    this.#dispatch({ t: 'finish', by: 'cell' });
    await this.#progress.until(() => this.state.t === 'complete' || this.#progress.over !== null);
    const why = this.#progress.over;
    const delivered_ul = microlitres(this.#totals.deliveredUl);
    const ordered_ul = microlitres(this.#totals.orderedUl);
    if (why === null) return { result: 'ok', delivered_ul, ordered_ul, reason: null };
    const result = delivered_ul > 0 || this.#books.isUnread ? 'partial' : 'failed';
    return { result, delivered_ul, ordered_ul, reason: why };
  }

  async hold(by: Asker = 'guest'): Promise<void> {
    if (this.#progress.over !== null || this.state.t === 'complete') throw new Failure('order/wrong-state');
    this.#dispatch({ t: 'hold', by });
    await this.#progress.until(() => !this.#progress.mayPour && this.state.t !== 'holding');
  }

  async resume(by: Asker = 'guest'): Promise<void> {
    await this.#progress.until(() => this.state.t !== 'holding');
    if (!isHeldByHand(this.state)) throw new Failure('order/wrong-state');
    const why = openInterlock(this.#ports.dispenser.inputs());
    if (why !== null) throw new Failure(why);
    await this.#goOn({ t: 'resume', by });
  }

  async stop(why: FailureCode, by: Asker = 'guest'): Promise<void> {
    this.#dispatch({ t: 'stop', by, why });
    await this.#progress.until(
      () => !this.#progress.mayPour && this.state.t !== 'stopping' && this.state.t !== 'aborting',
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.state.t !== 'complete') await this.stop('machine/pour-interrupted', 'cell');
    await this.#off;
    await this.#job;
    this.#limit?.[Symbol.dispose]();
    this.#inputs[Symbol.dispose]();
    this.#progress[Symbol.dispose]();
    this.#feedback?.[Symbol.dispose]();
    this.#steps.wipe();
    this.#doses.wipe();
    this.#totals.wipe();
    this.#onClosed();
  }

  /** Whether no amount is left in any buffer of this run. */
  amountsAreWiped(): boolean {
    const isSensed = this.#feedback !== null && !this.#feedback.isWiped();
    return !isSensed && this.#steps.isWiped() && this.#doses.isWiped() && this.#totals.isWiped();
  }

  /** Whether the totals are sealed, so that no amount of an earlier piece lies open. */
  totalsAreAway(): boolean {
    return this.#totals.isWiped();
  }

  #openFeedback(): Feedback | null {
    const { sensors } = this.#ports.dispenser;
    if (sensors === undefined) return null;
    return new Feedback({
      sensors,
      clock: this.#ports.clock,
      machine: feedbackMachine(this.#machine),
      leads: this.#ports.leads,
      onDry: () => this.#dispatch({ t: 'stop', by: 'dispenser', why: 'dispenser/no-flow' }),
      onEnough: () => void this.#ports.dispenser.stop().catch((error: unknown) => this.#fault(error)),
    });
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
      this.#books.isUnread = true;
      this.#dispatch({ t: 'fault', by: 'cell', why: isFailure(error) ? error.code : 'token/failed' });
    }
  }

  async #pour(): Promise<PieceOutcome> {
    await this.#interlocked();
    if (this.#progress.over === null) {
      requireOpen(this.#grant);
      this.#lapses = 0;
      this.#dispatch({ t: 'pour', by: 'cell' });
      await this.#untilBetweenPieces();
    }
    this.#steps.wipe();
    this.#doses.wipe();
    this.#feedback?.dose.wipe();
    return this.#outcome();
  }

  /** Resolves when all interlocks are good and every bottle has something, or the run is over. */
  async #interlocked(): Promise<void> {
    const inputs = this.#ports.dispenser.inputs();
    const why = openInterlock(inputs);
    if (this.#isEmpty(inputs)) this.#dispatch({ t: 'stop', by: 'dispenser', why: 'machine/ingredient-missing' });
    else if (why !== null) this.#dispatch({ t: 'interlock-lost', by: 'interlock', why });
    else await this.#lookAtGlass();
    this.#look();
    await this.#untilBetweenPieces();
  }

  #untilBetweenPieces(): Promise<void> {
    return this.#progress.until(() => this.#progress.isBetweenPieces || this.#progress.over !== null);
  }

  #refuse({ why }: Taken & { t: 'refused' }): PieceOutcome {
    this.#steps.wipe();
    this.#dispatch({ t: 'fault', by: 'recipe', why });
    return this.#outcome();
  }

  #outcome(): PieceOutcome {
    const why = this.#progress.over;
    return why === null ? { t: 'done' } : { t: 'ended', why };
  }

  #dispatch(event: ExecutorEvent): void {
    this.#progress.dispatch(event);
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
    const { state } = this;
    if (inputs.glass === 'open' && this.#hasPoured) this.#feedback?.glassLifted();
    if (this.#progress.mayPour && this.#isEmpty(inputs)) {
      this.#dispatch({ t: 'stop', by: 'dispenser', why: 'machine/ingredient-missing' });
    } else if (this.#progress.mayPour && why !== null) {
      this.#dispatch({ t: 'interlock-lost', by: 'interlock', why });
    } else if (state.t === 'held' && inputs.supply === 'open') {
      // a supply that comes back starts nothing again (ISO 13850)
      this.#dispatch({ t: 'fault', by: 'interlock', why: 'dispenser/supply-lost' });
    } else if (state.t === 'held' && !isHeldByHand(state) && why === null) {
      void this.#goOn({ t: 'interlock-back', by: 'interlock' });
    }
  }

  /** Goes on with the glass that was there before; at once where nobody can tell. */
  async #goOn(event: ExecutorEvent): Promise<void> {
    if (this.#feedback?.isGlassAway === true) await this.#lookAtGlass();
    // lifted again meanwhile: whoever puts it back goes on
    if (this.#feedback?.isGlassAway !== true) this.#dispatch(event);
  }

  /** Ends the run when another glass came back. */
  async #lookAtGlass(): Promise<void> {
    const isThere = (): boolean => openInterlock(this.#ports.dispenser.inputs()) === null;
    const isOther = await this.#feedback?.isOtherGlass(isThere);
    if (isOther === true) this.#dispatch({ t: 'stop', by: 'interlock', why: 'machine/glass-changed' });
  }

  /** Whether a bottle of this drink reports empty. */
  #isEmpty({ empty }: Inputs): boolean {
    return this.#taker.pumps.some((pump) => (empty & (1 << pump)) !== 0);
  }

  async #runSteps(): Promise<void> {
    if (this.#steps.count === 0) return this.#dispatch({ t: 'poured', by: 'dispenser' });
    try {
      requireOpen(this.#grant);
      if (this.#isBegun) await this.#again();
      // whoever stopped or held it meanwhile has switched the outputs off already
      if (!this.#progress.mayPour) return;
      this.#isBegun = true;
      const end = await runJob(this.#ports, this.#steps, this.#doses, () => this.#armed());
      const wasDry = this.#feedback?.jobEnds() === true && end.t === 'done';
      const isShort = await this.#booked(end);
      if (isShort || wasDry) this.#dispatch({ t: 'stop', by: 'dispenser', why: 'dispenser/no-flow' });
      else this.#ended(end);
    } catch (error) {
      this.#feedback?.jobEnds();
      this.#books.tally();
      this.#fault(error);
    }
  }

  #armed(): boolean {
    this.#books.isUnread = true;
    this.#hasPoured = true;
    this.#feedback?.jobBegins(this.#steps);
    this.#dispatch({ t: 'armed', by: 'dispenser' });
    return this.#progress.mayPour;
  }

  /** Books what the job delivered; answers whether it was a dose by weight of which less than half came. */
  async #booked(end: JobEnd): Promise<boolean> {
    const feedback = this.#feedback;
    const isWeighed = feedback?.dose.isWeighed === true && (feedback.dose.isReached || end.t === 'done');
    if (feedback === null || !isWeighed || end.t === 'fault') {
      this.#books.tally();
      return false;
    }
    return this.#books.weigh(feedback);
  }

  #ended(end: JobEnd): void {
    switch (end.t) {
      case 'done':
        return this.#dispatch({ t: 'poured', by: 'dispenser' });
      case 'stopped':
        // a dose by weight, or the far end saw a contact open before this host did
        if (this.#steps.count === 0) return this.#dispatch({ t: 'poured', by: 'dispenser' });
        this.#look();
        return this.#progress.mayPour ? this.#lapsed('dispenser/failed') : undefined;
      case 'fault':
        if (end.code === 'dispenser/lease-expired') return this.#lapsed(end.code);
        return this.#dispatch({ t: 'fault', by: 'dispenser', why: end.code });
      default:
        return unreachable(end);
    }
  }

  /** The far end let go without need: the rest is poured, but not for ever. */
  #lapsed(why: FailureCode): void {
    this.#lapses += 1;
    if (this.#lapses <= mostLapses) return this.#dispatch({ t: 'lapsed', by: 'dispenser' });
    this.#dispatch({ t: 'fault', by: 'dispenser', why });
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
      // whoever takes the full glass ends nothing
      await runJob({ ...this.#ports, heed: [] }, this.#steps, this.#doses, () => true);
    } catch (error) {
      this.#fault(error);
    } finally {
      this.#steps.wipe();
      this.#doses.wipe();
    }
  }
}

const nothing = (): void => {};
