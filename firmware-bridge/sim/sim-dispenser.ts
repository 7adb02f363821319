import { type Clock, pause } from '#shared/clock.ts';
import { Failure, unreachable } from '#shared/failure.ts';
import { type Milliseconds, microseconds, milliseconds } from '#shared/units.ts';
import type { Armed, Dispenser, GuardName, Guarantee, Inputs, JobEnd, LastJob, PumpLimits } from '../dispenser.ts';
import type { DoseBuffer } from '../dose-buffer.ts';
import { checkLimits, checkPumps } from '../limits.ts';
import type { StepBuffer } from '../step-buffer.ts';
import { Dice } from './dice.ts';
import { foresee } from './foresee.ts';
import type { SimPump } from './pump-model.ts';
import { SimAgenda } from './sim-agenda.ts';
import { SimContacts } from './sim-contacts.ts';
import type { GlassBack, OuterEvent, SimFault } from './sim-fault.ts';
import { type JobEvent, SimJob } from './sim-job.ts';
import { SimPlant } from './sim-plant.ts';
import { type Flowed, type SimSensorModel, SimSensors } from './sim-sensors.ts';

export interface SimOptions extends SimSensorModel {
  readonly clock: Clock;
  /** Place n is pump n; a place may be empty. */
  readonly pumps: readonly (SimPump | undefined)[];
  readonly seed: number;
  /** Machine time runs this many times faster than the clock (default 1); the lease does not. */
  readonly timeScale?: number;
  /** Time that a job takes on its way to the far end (default none). */
  readonly linkDelay?: Milliseconds;
  /** Whether an empty bottle is reported (default yes). */
  readonly levelSwitches?: boolean;
  /** Whether the far end itself sees current where none should be, and cuts the supply (default yes). */
  readonly currentSense?: boolean;
  /** Whether the far end itself ends a job when a heeded contact opens (default yes). */
  readonly stopsOnOpenContact?: boolean;
}

const guards: readonly GuardName[] = ['glass', 'door', 'tray'];

/** The driver `sim`: a machine that exists only as a physical model, with everything that can go wrong with it. */
export class SimDispenser implements Dispenser {
  readonly guarantee: Guarantee;
  readonly sensors?: SimSensors;
  readonly #options: SimOptions;
  readonly #scale: number;
  readonly #plant: SimPlant;
  readonly #bornAt: Milliseconds;
  readonly #contacts = new SimContacts();
  #limits: readonly PumpLimits[] = [];
  readonly #faults: SimFault[] = [];
  readonly #agenda = new SimAgenda();
  #job: SimJob | null = null;
  #jobs = 0;
  #linked = true;
  /** The supply is switched on, whether there is any or not. */
  #enabled = false;
  /** How much longer a command takes now; clock's time. */
  #delay_ms = 0;
  #timer: Disposable | null = null;

  constructor(options: SimOptions) {
    this.#options = options;
    this.#scale = options.timeScale ?? 1;
    this.#plant = new SimPlant(options.pumps, new Dice(options.seed));
    this.#bornAt = options.clock.monotonic();
    this.guarantee = {
      driver: 'sim',
      timedBy: 'model',
      resolution: microseconds(1),
      offAfterHostDeath: 'one lease',
      keepsLastJob: true,
      stopsOnOpenContact: options.stopsOnOpenContact ?? true,
    };
    // chance of its own, so that a machine pours the same with and without sensors
    const sensors = new SimSensors(options, new Dice(options.seed + 1), () => {
      if (!this.#agenda.has('reading')) this.#agenda.add({ t: 'reading', at: this.#now() });
      this.#catchUp();
    });
    if (options.scale !== undefined || options.meters !== undefined) this.sensors = sensors;
  }

  async configure(pumps: readonly PumpLimits[]): Promise<void> {
    checkPumps(pumps);
    await this.stop();
    const outputs = this.#active();
    if (outputs !== 0) throw new Failure('dispenser/output-stuck', { outputs });
    this.#limits = pumps;
    this.#enabled = true;
    this.#setInputs({ supply: 'made' });
  }

  async arm(steps: StepBuffer, lease: Milliseconds, heed: readonly GuardName[] = guards): Promise<Armed> {
    if (this.#options.linkDelay !== undefined) await pause(this.#options.clock, this.#options.linkDelay);
    if (this.#delay_ms > 0) await this.#noise();
    this.#reach();
    this.#refuse(steps);
    this.#job?.wipe();
    this.#jobs += 1;
    const job = new SimJob(this.#jobs, steps, this.#now(), this.#leaseEnd(lease));
    job.heed = heed;
    this.sensors?.jobBegins(this.#flowed(this.#now()));
    this.#plant.draw(job);
    const { pumps, currentSense } = this.#options;
    const around = {
      plant: this.#plant,
      agenda: this.#agenda,
      pumps: pumps.keys(),
      seesCurrent: currentSense !== false,
    };
    foresee(job, this.#faults.splice(0), around);
    this.#job = job;
    this.#endUnguarded(this.#now());
    this.#catchUp();
    return { job: job.number, ended: job.ended.promise, renew: () => this.#renew(job, lease) };
  }

  async stop(): Promise<void> {
    if (this.#delay_ms > 0) await this.#noise();
    this.#reach();
    const job = this.#running();
    if (job !== null) this.#finish(job, this.#now(), { t: 'stopped' });
  }

  async cutSupply(): Promise<void> {
    await this.stop();
    this.#cut(this.#now());
  }

  async readBack(): Promise<number> {
    if (this.#delay_ms > 0) await this.#noise();
    this.#reach();
    return this.#active();
  }

  inputs(): Inputs {
    return this.#contacts.now;
  }

  onInputs(listener: (inputs: Inputs) => void): Disposable {
    return this.#contacts.watch(listener);
  }

  async lastJob(doses: DoseBuffer): Promise<LastJob | null> {
    if (this.#delay_ms > 0) await this.#noise();
    this.#reach();
    const job = this.#job;
    if (job === null) return null;
    if (job.end === null) job.execute(this.#now(), null);
    doses.copyFrom(job.doses);
    return { job: job.number, end: job.end ?? { t: 'running' } };
  }

  async forgetLastJob(): Promise<void> {
    this.#reach();
    if (this.#running() !== null) return;
    this.#job?.wipe();
    this.#job = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#linked = true;
    await this.cutSupply();
    await this.forgetLastJob();
    this.#agenda.clear();
    this.#timer?.[Symbol.dispose]();
    this.#contacts[Symbol.dispose]();
  }

  /** What really came out of each pump since the model began, µl: what a scale would show, so only a test may ask. */
  weigh(): readonly number[] {
    this.#catchUp();
    return [...this.#plant.delivered_ul];
  }

  /** Somebody puts the glass there or takes it, opens a door, turns the key, presses the emergency stop. */
  touch(change: Partial<Omit<Inputs, 'empty'>>, back: GlassBack = 'same'): void {
    this.#catchUp();
    this.#change(change, this.#now(), back);
  }

  /** Lets something go wrong in the next job (an empty bottle, a stuck relay, a worn hose: from now on). */
  inject(fault: SimFault): void {
    switch (fault.t) {
      case 'empty-bottle':
        this.#plant.fill(fault.pump, fault.left_ul);
        if (fault.left_ul === 0) this.#runDry(fault.pump);
        return;
      case 'stuck-relay':
        this.#plant.stuck = fault.pump;
        return;
      case 'slow-pump':
        return this.#plant.wear(fault.pump, fault.permille);
      case 'air-bubble':
        return this.#plant.letAirIn(fault.pump, fault.for_ms * 1000);
      default:
        this.#faults.push(fault);
    }
  }

  /** The cable is plugged in again, a new relay and new hoses are put in; the supply comes back with `configure`. */
  repair(): void {
    this.#catchUp();
    this.#linked = true;
    this.#plant.stuck = null;
    for (const pump of this.#options.pumps.keys()) this.#plant.wear(pump, 1000);
    if (this.sensors !== undefined) this.sensors.isSilent = false;
  }

  /** Which outputs are on, whatever the line is like: what stands at the machine sees. */
  outputsNow(): number {
    return this.#active();
  }

  /** A full bottle takes the place of the old one. */
  replaceBottle(pump: number): void {
    this.#plant.fill(pump);
    this.#setInputs({ empty: this.#contacts.now.empty & ~(1 << pump) });
  }

  #refuse(steps: StepBuffer): void {
    if (this.#running() !== null) throw new Failure('dispenser/over-limit', { reason: 'a job is running' });
    if (this.#active() !== 0) {
      this.#cut(this.#now());
      throw new Failure('dispenser/output-stuck');
    }
    if (!this.#enabled || this.#contacts.now.supply !== 'made') {
      throw new Failure('dispenser/failed', { reason: 'not configured' });
    }
    checkLimits(steps, this.#limits);
    const late = this.#faults.findIndex((fault) => fault.t === 'late');
    if (late === -1) return;
    this.#faults.splice(late, 1);
    throw new Failure('dispenser/late');
  }

  async #renew(job: SimJob, lease: Milliseconds): Promise<void> {
    if (this.#delay_ms > 0) await this.#noise();
    this.#reach();
    if (job.end?.t === 'fault') throw new Failure(job.end.code);
    if (!job.renewable || job.end !== null) return;
    job.leaseEnd = this.#leaseEnd(lease);
    this.#catchUp();
  }

  /** Lets everything happen that is due by now, in its order, and sets the alarm for what comes next. */
  #catchUp(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    for (;;) {
      const job = this.#live();
      const inner = job?.next();
      const outer = this.#agenda.first;
      const at = Math.min(inner?.at ?? Number.POSITIVE_INFINITY, outer?.at ?? Number.POSITIVE_INFINITY);
      if (at > this.#now()) return this.#wakeAt(at);
      if (outer !== undefined && outer.at === at) this.#happenOutside(outer);
      else if (job !== null && inner !== undefined) this.#happen(job, inner);
    }
  }

  #wakeAt(at: number): void {
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timer?.[Symbol.dispose]();
    // the moment may have passed since it was looked at
    const wait = milliseconds(Math.max(0, Math.ceil((at - this.#now()) / 1000 / this.#scale)));
    this.#timer = this.#options.clock.after(wait, () => this.#catchUp());
  }

  #happen(job: SimJob, event: JobEvent): void {
    job.passed(event);
    switch (event.t) {
      case 'dry':
        return this.#runDry(event.pump);
      case 'lease-lost':
        job.renewable = false;
        return;
      case 'end':
        return this.#finish(job, event.at, event.end);
    }
  }

  #runDry(pump: number): void {
    if (this.#options.levelSwitches !== false) this.#setInputs({ empty: this.#contacts.now.empty | (1 << pump) });
  }

  #happenOutside(event: OuterEvent): void {
    this.#agenda.passed();
    switch (event.t) {
      case 'input':
        return this.#change(event.change, event.at, event.back ?? 'same');
      case 'link-lost':
        this.#linked = false;
        this.#live()?.ended.resolve({ t: 'fault', code: 'dispenser/failed' });
        return;
      case 'reset':
        return this.#reset(event.at);
      case 'noise':
        this.#delay_ms = event.delay_ms;
        return;
      case 'drop':
        return this.#plant.drop(event.pump, event.ul);
      case 'reading':
        return this.#read(event.at);
      case 'silence':
        if (this.sensors !== undefined) this.sensors.isSilent = true;
        return;
      default:
        return unreachable(event);
    }
  }

  /** The far end starts anew: outputs off, the record kept, no supply until it is configured. */
  #reset(at: number): void {
    const job = this.#live();
    if (job !== null) this.#finish(job, at, { t: 'fault', code: 'dispenser/failed' });
    this.#cut(at);
  }

  #read(at: number): void {
    if (this.sensors?.isWatched !== true) return;
    this.#agenda.add({ t: 'reading', at: at + this.sensors.everyUs });
    this.sensors.take(at, this.#flowed(at));
  }

  #flowed(at: number): Flowed {
    const job = this.#live();
    return { mg: this.#plant.weight(job, at), byPump: this.#plant.flowed(job, at) };
  }

  /** Contacts change at the machine time `at`; what stands on the scale goes with them. */
  #change(change: Partial<Inputs>, at: number, back: GlassBack): void {
    if (change.glass === 'open') this.sensors?.lift(this.#flowed(at));
    if (change.glass === 'made') this.sensors?.putBack(this.#flowed(at), back);
    const isCut = change.supply === 'made' && !this.#enabled;
    this.#setInputs(isCut ? { ...change, supply: 'open' } : change, at);
  }

  /** The far end itself ends a job that has lost its supply or, where it can, one of its guards. */
  #endUnguarded(at: number): void {
    const job = this.#live();
    if (job === null || !this.guarantee.stopsOnOpenContact) return;
    const isOpen =
      this.#contacts.now.supply === 'open' || job.heed.some((guard) => this.#contacts.now[guard] === 'open');
    if (isOpen) this.#finish(job, at, { t: 'stopped' });
  }

  #noise(): Promise<void> {
    return pause(this.#options.clock, milliseconds(this.#delay_ms));
  }

  #finish(job: SimJob, at: number, end: JobEnd): void {
    job.end = end;
    this.#plant.settle(job, at);
    if (end.t === 'fault' && end.code === 'dispenser/output-stuck') this.#cut(at);
    job.ended.resolve(end);
  }

  #cut(at: number): void {
    this.#plant.cut(at);
    this.#enabled = false;
    this.#setInputs({ supply: 'open' });
  }

  #active(): number {
    return (this.#running()?.outputsAt(this.#now()) ?? 0) | this.#plant.runaways();
  }

  #running(): SimJob | null {
    this.#catchUp();
    return this.#live();
  }

  #live(): SimJob | null {
    return this.#job !== null && this.#job.end === null ? this.#job : null;
  }

  #setInputs(change: Partial<Inputs>, at = this.#now()): void {
    this.#contacts.change(change, () => this.#endUnguarded(at));
  }

  #reach(): void {
    this.#catchUp();
    if (!this.#linked) throw new Failure('dispenser/failed', { reason: 'no link' });
  }

  /** Machine time at which a lease given now ends, µs; the lease counts in the clock's time, whatever the scale. */
  #leaseEnd(lease: Milliseconds): number {
    return this.#now() + lease * 1000 * this.#scale;
  }

  /** Machine time since the model began, µs. */
  #now(): number {
    return (this.#options.clock.monotonic() - this.#bornAt) * 1000 * this.#scale;
  }
}
