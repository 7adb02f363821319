import { type Clock, pause } from '#shared/clock.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { Stopwatch } from '#shared/stopwatch.ts';
import { type Milliseconds, microseconds, milliseconds } from '#shared/units.ts';
import type { Armed, Dispenser, Guarantee, GuardName, Inputs, JobEnd, LastJob, PumpLimits } from '../dispenser.ts';
import type { DoseBuffer } from '../dose-buffer.ts';
import { checkLimits, checkPumps } from '../limits.ts';
import type { StepBuffer } from '../step-buffer.ts';
import { Alarm, mostSpin } from './alarm.ts';
import { type ContactLines, Contacts, isAnyOpen, sameInputs } from './contacts.ts';
import type { GpioLines, GpioOutput, GpioPin } from './gpio-lines.ts';
import { type PumpLines, PumpOutputs } from './pump-outputs.ts';
import { Schedule } from './schedule.ts';

export interface HostTimedOptions {
  /** As the configuration names it. */
  readonly driver: string;
  readonly lines: GpioLines;
  readonly clock: Clock;
  readonly stopwatch: Stopwatch;
  readonly log: Log;
  readonly pumps: readonly PumpLines[];
  readonly contacts: ContactLines;
  /** Switches the supply of all pumps. */
  readonly supply?: GpioPin;
}

/** Time until a pump that was switched off has no current, and one with a new supply has. */
const senseTime = milliseconds(100);

interface Job {
  readonly number: number;
  readonly ended: PromiseWithResolvers<JobEnd>;
  readonly heed: readonly GuardName[] | undefined;
  /** µs of the stopwatch at which the lease ends. */
  leaseEnd: number;
  end: JobEnd | null;
}

/**
 * The drivers `gpio` and `gpio-cdev`: this computer switches the pumps itself and times the doses as well as it can. The lease is
 * kept by this process: nothing but a hardware watchdog switches off for a process that hangs or a computer that dies.
 */
export class HostTimedDispenser implements Dispenser {
  readonly guarantee: Guarantee;
  readonly #options: HostTimedOptions;
  readonly #supply: GpioOutput | null;
  readonly #outputs: PumpOutputs;
  readonly #contacts: Contacts;
  readonly #schedule = new Schedule();
  readonly #alarm: Alarm;
  readonly #listeners = new Set<(inputs: Inputs) => void>();
  #limits: readonly PumpLimits[] = [];
  #inputs: Inputs;
  #supplied = false;
  #isStuck = false;
  #job: Job | null = null;
  #jobs = 0;
  /** What a write costs from the call to the pin, µs. */
  #writeCost = 0;
  #senseTimer: Disposable | null = null;

  /** Claims all lines; every output is inactive from then on, the supply first. @throws as `GpioLines` */
  constructor(options: HostTimedOptions) {
    this.#options = options;
    this.guarantee = {
      driver: options.driver,
      timedBy: 'host',
      resolution: microseconds(mostSpin),
      offAfterHostDeath: null,
      keepsLastJob: false,
      stopsOnOpenContact: true,
    };
    this.#supply = options.supply === undefined ? null : options.lines.output(options.supply);
    this.#outputs = new PumpOutputs(options.lines, options.pumps);
    this.#contacts = new Contacts(options.lines, options.contacts, options.pumps, () => this.#look());
    this.#inputs = this.#readInputs();
    this.#alarm = new Alarm(options.clock, options.stopwatch, () => this.#goOn());
  }

  get isStuck(): boolean {
    return this.#isStuck;
  }

  async configure(pumps: readonly PumpLimits[]): Promise<void> {
    checkPumps(pumps);
    for (const { pump } of pumps) if (!this.#outputs.has(pump)) throw new Failure('dispenser/unknown-pump', { pump });
    await this.stop();
    this.#isStuck = false;
    this.#refuseActive();
    this.#limits = pumps;
    this.#supply?.write(true);
    this.#supplied = true;
    this.#look();
    // a welded relay shows only now that its pump can have current, and a supply takes a while to come up
    if (this.#outputs.sensed || this.#contacts.isFitted('supply')) await pause(this.#options.clock, senseTime);
    this.#refuseActive();
  }

  async arm(steps: StepBuffer, lease: Milliseconds, heed?: readonly GuardName[]): Promise<Armed> {
    this.#refuse(steps);
    this.#schedule.load(steps);
    this.#jobs += 1;
    this.#options.stopwatch.start();
    const job: Job = {
      number: this.#jobs,
      ended: Promise.withResolvers<JobEnd>(),
      heed,
      leaseEnd: lease * 1000,
      end: null,
    };
    this.#job = job;
    if (isAnyOpen(this.#inputs, heed)) this.#finish(job, { t: 'stopped' });
    this.#goOn();
    return { job: job.number, ended: job.ended.promise, renew: async () => this.#renew(job, lease) };
  }

  async stop(): Promise<void> {
    const job = this.#running();
    if (job !== null) this.#finish(job, { t: 'stopped' });
    this.#outputs.allOff();
  }

  async cutSupply(): Promise<void> {
    try {
      await this.stop();
    } finally {
      this.#cut();
    }
  }

  async readBack(): Promise<number> {
    return this.#outputs.readBack();
  }

  inputs(): Inputs {
    return this.#inputs;
  }

  onInputs(listener: (inputs: Inputs) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async lastJob(doses: DoseBuffer): Promise<LastJob | null> {
    const job = this.#job;
    if (job === null) return null;
    if (job.end === null) this.#schedule.bookUntil(this.#options.stopwatch.us());
    doses.copyFrom(this.#schedule.doses);
    return { job: job.number, end: job.end ?? { t: 'running' } };
  }

  async forgetLastJob(): Promise<void> {
    if (this.#running() !== null) return;
    this.#schedule.wipe();
    this.#job = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.cutSupply();
    } finally {
      this.#senseTimer?.[Symbol.dispose]();
      this.#contacts[Symbol.dispose]();
      this.#listeners.clear();
      this.#schedule.wipe();
      this.#options.lines[Symbol.dispose]();
    }
  }

  #refuse(steps: StepBuffer): void {
    this.#look();
    if (this.#running() !== null) throw new Failure('dispenser/over-limit', { reason: 'a job is running' });
    this.#refuseActive();
    if (!this.#supplied) throw new Failure('dispenser/failed', { reason: 'not configured' });
    if (this.#inputs.supply === 'open') throw new Failure('dispenser/failed', { reason: 'no supply' });
    checkLimits(steps, this.#limits);
  }

  /** @throws Failure `dispenser/output-stuck`, the supply cut, when an output is active at rest */
  #refuseActive(): void {
    const outputs = this.#outputs.readBack();
    if (outputs === 0) return;
    this.#isStuck = true;
    this.#cut();
    throw new Failure('dispenser/output-stuck', { outputs });
  }

  #renew(job: Job, lease: Milliseconds): void {
    this.#goOn();
    if (job.end?.t === 'fault') throw new Failure(job.end.code);
    if (job.end !== null) return;
    job.leaseEnd = this.#options.stopwatch.us() + lease * 1000;
    this.#goOn();
  }

  /** Carries out everything that is due, and rings for what comes next. */
  #goOn(): void {
    const { stopwatch } = this.#options;
    for (let job = this.#running(); job !== null; job = this.#running()) {
      const row = this.#schedule.next();
      const due = row === null ? this.#schedule.lengthUs : this.#schedule.dueUs(row) - this.#writeCost;
      if (!this.#alarm.reached(Math.min(due, job.leaseEnd))) return;
      if (stopwatch.us() >= job.leaseEnd) this.#finish(job, { t: 'fault', code: 'dispenser/lease-expired' });
      else if (row === null) this.#finish(job, { t: 'done' });
      else this.#switch(job, row);
    }
  }

  #switch(job: Job, row: number): void {
    const { stopwatch } = this.#options;
    const pump = this.#schedule.pumpOf(row);
    const active = !this.#schedule.isOn(row);
    try {
      const before = stopwatch.us();
      this.#outputs.write(pump, active);
      const after = stopwatch.us();
      this.#schedule.executed(row, after);
      this.#writeCost = Math.min(mostSpin, (this.#writeCost + after - before) >> 1);
      if (!this.#outputs.follows(pump, active)) this.#stuck(job);
      else if (!active) this.#senseSoon();
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.#options.log.error('an output could not be switched', { pump, ...error.facts });
      this.#finish(job, { t: 'fault', code: 'dispenser/failed' });
    }
  }

  #stuck(job: Job | null): void {
    this.#isStuck = true;
    this.#options.log.error('an output does not follow, the supply is cut', { outputs: this.#outputs.readBack() });
    if (job !== null) this.#finish(job, { t: 'fault', code: 'dispenser/output-stuck' });
    this.#cut();
  }

  /** All off, whatever an output says; then the job is over. */
  #finish(job: Job, end: JobEnd): void {
    this.#alarm.clear();
    try {
      this.#outputs.allOff();
      job.end = end;
    } catch (error) {
      if (!isFailure(error)) throw error;
      job.end = { t: 'fault', code: 'dispenser/failed' };
      this.#cut();
    }
    this.#schedule.cutShort(this.#options.stopwatch.us());
    this.#senseSoon();
    job.ended.resolve(job.end);
  }

  /** Looks for current in pumps that are off, once it should have gone. */
  #senseSoon(): void {
    if (!this.#outputs.sensed) return;
    this.#senseTimer?.[Symbol.dispose]();
    this.#senseTimer = this.#options.clock.after(senseTime, () => {
      this.#senseTimer = null;
      if (this.#outputs.runaways() !== 0) this.#stuck(this.#running());
    });
  }

  #cut(): void {
    this.#supplied = false;
    this.#supply?.write(false);
    this.#look();
  }

  #look(): void {
    try {
      this.#takeIn(this.#readInputs());
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.#options.log.error('an input cannot be read', error.facts);
      const job = this.#running();
      if (job !== null) this.#finish(job, { t: 'fault', code: 'dispenser/failed' });
    }
  }

  /** A contact that opened ends the job before anybody is told. */
  #takeIn(inputs: Inputs): void {
    if (sameInputs(inputs, this.#inputs)) return;
    const isSupplyLost = this.#supplied && this.#inputs.supply === 'made' && inputs.supply === 'open';
    this.#inputs = inputs;
    const job = this.#running();
    if (job !== null && inputs.supply === 'open') this.#finish(job, { t: 'fault', code: 'dispenser/failed' });
    else if (job !== null && isAnyOpen(inputs, job.heed)) this.#finish(job, { t: 'stopped' });
    if (isSupplyLost) this.#cut();
    for (const listener of this.#listeners) listener(inputs);
  }

  /** Without a contact of its own the supply is what was switched. */
  #readInputs(): Inputs {
    const read = this.#contacts.read();
    if (!this.#supplied) return { ...read, supply: 'open' };
    return this.#supply !== null && !this.#contacts.isFitted('supply') ? { ...read, supply: 'made' } : read;
  }

  #running(): Job | null {
    return this.#job !== null && this.#job.end === null ? this.#job : null;
  }
}
