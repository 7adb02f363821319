import { pause } from '#shared/clock.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { Turn } from '#shared/turn.ts';
import { type Milliseconds, microseconds, milliseconds } from '#shared/units.ts';
import type { Armed, Dispenser, Guarantee, GuardName, Inputs, JobEnd, LastJob, PumpLimits } from '../dispenser.ts';
import type { DoseBuffer } from '../dose-buffer.ts';
import { checkPumps } from '../limits.ts';
import type { StepBuffer } from '../step-buffer.ts';
import type { Board, BoardIdentity, BoardStatus, JobOrder } from './board.ts';
import { BridgeConnection, type BridgePorts } from './bridge-connection.ts';
import { BridgeInputs, type FarInputs, inputsAt } from './bridge-inputs.ts';
import { BridgeJob } from './bridge-job.ts';
import type { BridgeOptions } from './bridge-options.ts';
import { BridgeSensors } from './bridge-sensors.ts';
import type { FarClock } from './clock-sync.ts';
import type { Frame } from './frame.ts';
import { event, request } from './messages.ts';
import { endOf } from './refusal.ts';
import type { LinkCounts } from './serial-link.ts';
import { setUpBoard, wiredPumps } from './set-up-board.ts';

/** Events may be lost on the line; whatever they say is asked for so often, too. */
const pollEvery = milliseconds(200);
/** For a board that is being plugged in again, or reset by it, before a call that can wait gives up. */
const comingBack = milliseconds(4_000);
/** Between two questions after a lease that should have ended a job. */
const lookAgain = milliseconds(20);
/** From the supply's pin to its contact: a relay and a settled input. */
const supplyRises = milliseconds(300);
/** A job begins so much later than it arrives, so that its answer is here before anything flows: who stops it then, stops it dry. */
const startAhead = microseconds(4_000);
const guards: readonly GuardName[] = ['glass', 'door', 'tray'];

/** What is known about board and line; for the log, the doctor and tests. */
export interface BridgeState {
  readonly identity: BoardIdentity;
  readonly line: LinkCounts;
  readonly clock: FarClock | null;
}

/**
 * The driver `bridge`: a microcontroller on a serial line times the doses, keeps the limits and lets go of every output by itself. The host
 * can die, hang or lose the cable at any moment; a job that was under way then is over and is never resumed, and what it executed can
 * be asked for afterwards.
 */
export class BridgeDispenser implements Dispenser {
  readonly guarantee: Guarantee;
  readonly sensors?: BridgeSensors;
  readonly #options: BridgeOptions;
  readonly #ports: BridgePorts;
  readonly #connection: BridgeConnection;
  readonly #inputs = new BridgeInputs();
  readonly #turn = new Turn();
  /** Of the pumps that a board of a new session is set up with by itself; null: somebody has to call `configure`. */
  #limits: readonly PumpLimits[] | null = null;
  #isStuck = false;
  /** Whether the contact has shown the supply since it was switched on. */
  #hadSupply = false;
  #job: BridgeJob | null = null;
  /** The greatest number of a job so far. */
  #jobs = 0;
  /** How often `stop` was called. */
  #stops = 0;
  #poll: Disposable;

  private constructor(options: BridgeOptions, ports: BridgePorts, connection: BridgeConnection) {
    this.#options = options;
    this.#ports = ports;
    this.#connection = connection;
    this.guarantee = {
      driver: 'bridge',
      timedBy: 'microcontroller',
      resolution: microseconds(Math.ceil(connection.board.identity.tickNs / 1000)),
      offAfterHostDeath: 'one lease',
      keepsLastJob: true,
      stopsOnOpenContact: true,
    };
    const sensors = new BridgeSensors(options, ports.clock, () => connection.boardOrNull);
    if (sensors.scale || sensors.flowMeters.length > 0) this.sensors = sensors;
    this.#poll = this.#pollAgain();
  }

  /** @throws Failure as `BridgeConnection.open` */
  static async open(options: BridgeOptions, ports: BridgePorts): Promise<BridgeDispenser> {
    let dispenser: BridgeDispenser | null = null;
    const connection = await BridgeConnection.open(options, ports, {
      onUp: async (board) => {
        if (dispenser !== null) await dispenser.#onUp(board);
      },
      onReady: () => {
        if (dispenser !== null) void dispenser.#lookSoon();
      },
      onDown: (why) => {
        if (dispenser !== null) dispenser.#onDown(why);
      },
      onEvent: (frame) => {
        if (dispenser !== null) dispenser.#onEvent(frame);
      },
    });
    dispenser = new BridgeDispenser(options, ports, connection);
    return dispenser;
  }

  /** What is known about board and line. @throws Failure `dispenser/link-lost` while there is none */
  get state(): BridgeState {
    const { board, counts } = this.#connection;
    return { identity: board.identity, line: counts, clock: board.sync.far };
  }

  get isStuck(): boolean {
    return this.#isStuck;
  }

  async configure(pumps: readonly PumpLimits[]): Promise<void> {
    checkPumps(pumps);
    const wired = wiredPumps(this.#options, pumps);
    await this.#turn.take(async () => {
      this.#limits = null;
      this.#hadSupply = false;
      const board = await this.#connection.renewSession(comingBack);
      this.#finish({ t: 'stopped' });
      await this.#asking(board, () => this.#setUp(board, wired));
      this.#limits = pumps;
      await this.#look();
      await this.#untilSupplied();
    });
  }

  async arm(steps: StepBuffer, lease: Milliseconds, heed: readonly GuardName[] = guards): Promise<Armed> {
    const stops = this.#stops;
    return this.#turn.take(async () => {
      const board = this.#connection.board;
      if (this.#limits === null) throw new Failure('dispenser/failed', { reason: 'not configured' });
      if (this.#job?.isOver === false) throw new Failure('dispenser/over-limit', { reason: 'a job is running' });
      const number = Math.max(this.#jobs, board.identity.lastJob) + 1;
      const job = new BridgeJob(number);
      const order = { job: number, lease, heed, delayUs: startAhead };
      await this.#asking(board, () => this.#start(board, job, steps, order, () => stops !== this.#stops));
      this.#jobs = number;
      return { job: number, ended: job.ended, renew: () => this.#renew(job, lease) };
    });
  }

  async stop(): Promise<void> {
    this.#stops += 1;
    const { board } = this.#connection;
    // on a noisy line whatever is asked just now may wait for its answer long
    using _urging = this.#job?.isArmed === true ? board.urge(request.stop) : null;
    await this.#asking(board, () => board.tell(request.stop));
    await this.#look();
  }

  async cutSupply(): Promise<void> {
    this.#stops += 1;
    this.#limits = null;
    const { board } = this.#connection;
    await this.#asking(board, () => board.tell(request.cut));
    await this.#look();
  }

  async readBack(): Promise<number> {
    return (await this.#look()).outputs;
  }

  inputs(): Inputs {
    return this.#inputs.seen;
  }

  onInputs(listener: (inputs: Inputs) => void): Disposable {
    return this.#inputs.onChange(listener);
  }

  async lastJob(doses: DoseBuffer): Promise<LastJob | null> {
    return this.#turn.take(async () => {
      const board = await this.#connection.ready(comingBack);
      return this.#asking(board, () => board.last(doses));
    });
  }

  async forgetLastJob(): Promise<void> {
    await this.#turn.take(async () => {
      const board = await this.#connection.ready(comingBack);
      await this.#asking(board, () => forget(board));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // without a link the lease ends the job
    await this.cutSupply().catch(() => undefined);
    this.#finish({ t: 'stopped' });
    this.#poll[Symbol.dispose]();
    await this.#connection.close();
  }

  /** Brings a job over and starts it. It is over before it began when it was stopped meanwhile, or a contact that it heeds is open. */
  async #start(
    board: Board,
    job: BridgeJob,
    steps: StepBuffer,
    order: JobOrder,
    isStopped: () => boolean,
  ): Promise<void> {
    const begunAt = this.#ports.clock.monotonic();
    await board.stage(steps);
    await this.sensors?.beginJob(board);
    const isLate = this.#ports.clock.monotonic() - begunAt > order.lease;
    if (isLate || isStopped()) {
      await forget(board);
      if (isLate) throw new Failure('dispenser/late', { reason: 'the line is too slow' });
      return job.finish({ t: 'stopped' });
    }
    this.#job = job;
    try {
      await board.arm(order, steps);
      job.isArmed = true;
      this.#watchLease(job, order.lease);
    } catch (error) {
      this.#job = null;
      await this.#refused(board, job, error);
    }
  }

  /** Whether the far end took a job is unknown when the link went meanwhile: it may run for one lease, and its record tells. */
  async #refused(board: Board, job: BridgeJob, error: unknown): Promise<void> {
    if (isFailure(error, 'machine/interlock-open')) {
      await this.#look();
      return job.finish({ t: 'stopped' });
    }
    if (isFailure(error, 'dispenser/link-lost', 'dispenser/reset')) {
      this.#connection.sessionLost(board, error);
      return job.finish({ t: 'fault', code: error.code });
    }
    if (isFailure(error, 'dispenser/output-stuck')) this.#lock(true);
    // an event that told of the supply was lost
    else if (isFailure(error) && error.facts['reason'] === 'not configured') this.#lock(false);
    await forget(board);
    throw error;
  }

  async #renew(job: BridgeJob, lease: Milliseconds): Promise<void> {
    if (job.isOver) return job.requireNoFault();
    const { board } = this.#connection;
    try {
      this.#watchLease(job, lease);
      await this.#asking(board, () => board.renew(job.number, lease, (status) => this.#take(status)));
    } catch (error) {
      if (isFailure(error, 'dispenser/lease-expired')) job.finish({ t: 'fault', code: error.code });
      throw error;
    }
  }

  /** A job that is not renewed has ended after its lease: if no event tells so, the far end is asked. */
  #watchLease(job: BridgeJob, wait: Milliseconds): void {
    job.lookAfter(this.#ports.clock, wait, () => {
      void this.#lookSoon().finally(() => this.#watchLease(job, lookAgain));
    });
  }

  /** Asks the far end how it is. */
  async #look(): Promise<BoardStatus> {
    const { board } = this.#connection;
    return this.#asking(board, () => board.status((status) => this.#take(status)));
  }

  /** Nobody waits for it: without a link there is nothing to see. */
  async #lookSoon(): Promise<void> {
    await this.#look().catch(() => undefined);
  }

  get #isSupplied(): boolean {
    return this.#limits !== null && this.#connection.boardOrNull !== null;
  }

  #take(status: BoardStatus): void {
    this.#takeInputs(status);
    const job = this.#job;
    if (job?.isArmed !== true) {
      if (job === null && status.outputs !== 0 && status.end.t !== 'running') this.#lock(true);
      return;
    }
    if (status.job !== job.number) this.#finish({ t: 'fault', code: 'dispenser/failed' });
    else if (status.end.t !== 'running') this.#finish(status.end);
  }

  #pollAgain(): Disposable {
    return this.#ports.clock.after(pollEvery, () => {
      void this.#lookSoon().finally(() => {
        if (!this.#connection.isClosed) this.#poll = this.#pollAgain();
      });
    });
  }

  async #asking<T>(board: Board, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isFailure(error, 'dispenser/reset')) this.#connection.sessionLost(board, error);
      throw error;
    }
  }

  #finish(end: JobEnd): void {
    if (end.t === 'fault' && end.code === 'dispenser/output-stuck') this.#lock(true);
    if (end.t === 'fault' && end.code === 'dispenser/supply-lost') this.#lock(false);
    this.#job?.finish(end);
    this.#job = null;
  }

  /** The board has cut the supply, and only `configure` gives it back. */
  #lock(isStuck: boolean): void {
    this.#isStuck ||= isStuck;
    this.#limits = null;
    this.#inputs.withoutSupply();
  }

  #takeInputs(far: FarInputs): void {
    this.#inputs.take(far, this.#isSupplied);
    const { supply } = this.#inputs.seen;
    if (supply === 'made') this.#hadSupply = true;
    else if (supply === 'open' && this.#hadSupply && this.#isSupplied) this.#lock(false);
  }

  /** Waits a moment for a contact that shows the supply; without it no job is begun. */
  async #untilSupplied(): Promise<void> {
    const begunAt = this.#ports.clock.monotonic();
    const isWaiting = (): boolean =>
      this.#inputs.seen.supply === 'open' && this.#ports.clock.monotonic() - begunAt < supplyRises;
    while (isWaiting()) {
      await pause(this.#ports.clock, lookAgain);
      await this.#look();
    }
  }

  async #setUp(board: Board, wired: ReturnType<typeof wiredPumps>): Promise<void> {
    this.#isStuck = false;
    try {
      await setUpBoard(board, this.#options, wired, this.#ports.clock);
    } catch (error) {
      if (isFailure(error, 'dispenser/output-stuck')) this.#lock(true);
      throw error;
    }
    this.sensors?.resume(board);
  }

  /** A board that was set up before gets the same again; nothing is armed by itself. */
  async #onUp(board: Board): Promise<void> {
    const limits = this.#limits;
    if (limits === null) return;
    this.#hadSupply = false;
    try {
      await this.#setUp(board, wiredPumps(this.#options, limits));
    } catch (error) {
      if (isFailure(error, 'dispenser/link-lost', 'dispenser/reset')) throw error;
      this.#limits = null;
      this.#ports.log.error('pump board cannot be set up again', { error: String(error) });
    }
  }

  #onDown(why: Failure): void {
    this.#finish({ t: 'fault', code: why.code });
    this.#inputs.withoutSupply();
  }

  #onEvent({ type, payload }: Frame): void {
    switch (type) {
      case event.ended:
        this.#takeInputs(inputsAt(payload, 5));
        if (payload.getUint32(0, true) === this.#job?.number) this.#ended(payload.getUint8(4));
        return;
      case event.inputs:
        return this.#takeInputs(inputsAt(payload, 0));
      case event.weight:
        return this.sensors?.take(payload);
    }
  }

  #ended(number: number): void {
    const end = endOf(number);
    if (end.t !== 'running') this.#finish(end);
  }
}

/** The far end keeps the record of a job that still runs. */
async function forget(board: Board): Promise<void> {
  await board.tell(request.forget).catch((error: unknown) => {
    if (!isFailure(error, 'dispenser/over-limit')) throw error;
  });
}
