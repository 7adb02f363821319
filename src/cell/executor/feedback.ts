import type { Sensors } from '#firmware-bridge/dispenser.ts';
import { Readings } from '#firmware-bridge/readings.ts';
import type { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import type { Clock } from '#shared/clock.ts';
import { milliseconds } from '#shared/units.ts';
import { quotient } from '../planner/whole.ts';
import type { FeedbackMachine } from './feedback-machine.ts';
import { GlassOnScale } from './glass-on-scale.ts';
import { NoFlowWatch } from './no-flow.ts';
import { type LeadTimes, WeighedDose } from './weighed-dose.ts';
import { countWithin, spreadOf } from './weight.ts';

/** Longest wait for a scale that stands still, machine time. */
const settleMs = milliseconds(1500);
const tareReadings = 16;
const stillUs = 200_000;
/** Before that a glass does not stand. */
const standingMs = 500;
const still_mg = 3_000;
/** Without a reading for so long the sensors are silent. */
const silentMs = milliseconds(300);

export interface FeedbackPorts {
  readonly sensors: Sensors;
  readonly clock: Clock;
  readonly machine: FeedbackMachine;
  readonly leads: LeadTimes;
  /** A line of the running job is dry. */
  readonly onDry: () => void;
  /** The weighed dose is there, or can be weighed no longer. */
  readonly onEnough: () => void;
}

/** What the sensors of a machine tell one run. Without it everything is poured, and told, by time and calibration. */
export class Feedback implements Disposable {
  readonly dose: WeighedDose;
  readonly #ports: FeedbackPorts;
  readonly #readings = new Readings();
  readonly #noFlow: NoFlowWatch;
  readonly #glass = new GlassOnScale();
  readonly #watch: Disposable;
  #heard = Promise.withResolvers<void>();
  readonly #isLate = Promise.withResolvers<void>();
  #steps: StepBuffer | null = null;
  #began = milliseconds(0);
  #readingsOfJob = 0;
  #silence: Disposable | null = null;
  #isLookingAtGlass = false;
  /** Since when what stands on the scale is looked at. */
  #lookedFrom = milliseconds(0);

  constructor(ports: FeedbackPorts) {
    this.#ports = ports;
    this.#noFlow = new NoFlowWatch(ports.machine);
    this.dose = new WeighedDose(ports.machine, ports.leads);
    this.#watch = ports.sensors.watch(this.#readings, () => this.#look());
  }

  /** Whether a scale has told something lately. */
  get hasWeight(): boolean {
    return this.#readings.count > 0;
  }

  /** Resolves when there are enough readings for a tare, or none have come for a while. */
  async ready(): Promise<void> {
    if (!this.#ports.sensors.scale || this.#readings.count >= tareReadings) return;
    const late = this.#ports.clock.after(silentMs, () => this.#isLate.resolve());
    while (this.#readings.count < tareReadings) {
      const isLate = await Promise.race([this.#heard.promise.then(() => false), this.#isLate.promise.then(() => true)]);
      if (isLate) break;
    }
    late[Symbol.dispose]();
  }

  /** A job of these steps begins. */
  jobBegins(steps: StepBuffer): void {
    this.#steps = steps;
    this.#began = this.#ports.clock.monotonic();
    this.#readingsOfJob = 0;
    this.#readings.pulses.fill(0);
    this.#noFlow.begin(this.#readings);
    if (this.hasWeight) this.dose.begin(steps, this.#readings);
    if (this.dose.isWeighed) this.#listen();
  }

  /** The job is over; answers whether a line was dry, as far as the scale tells of a short one. */
  jobEnds(): boolean {
    const steps = this.#steps;
    this.#steps = null;
    this.#silence?.[Symbol.dispose]();
    this.#silence = null;
    return steps !== null && this.#readingsOfJob > 0 && this.#noFlow.wasDry(this.#readings, steps);
  }

  /** Resolves when the scale stands still, or after a second and a half. */
  async settled(): Promise<void> {
    const isStill = (): boolean => {
      const n = countWithin(this.#readings, stillUs);
      return n < this.#readings.count && spreadOf(this.#readings, n) <= still_mg;
    };
    this.#lookedFrom = this.#ports.clock.monotonic();
    await this.#await(() => (this.#wait(standingMs) || !isStill() ? null : true));
  }

  /** What the dose came to, µl; -1 when that cannot be told. */
  weighed(pump: number): number {
    return this.dose.measured(this.#readings, pump);
  }

  /** Whether the dose that was weighed came short by half. */
  isShort(): boolean {
    return this.dose.isShort(this.#readings);
  }

  /** What the pump's flow meter counted in the last job, µl; -1 without a meter that told anything, or when it cannot be true. */
  metered(pump: number, carriedUl: number): number {
    const { sensors, machine } = this.#ports;
    if (!sensors.flowMeters.includes(pump) || this.#readingsOfJob === 0) return -1;
    const ul = quotient((this.#readings.pulses[pump] ?? 0) * machine.nlPerPulse(pump), 1000);
    // pulses without flow: nobody is charged for ghosts
    return ul > carriedUl * 2 + 5_000 ? -1 : ul;
  }

  glassLifted(): void {
    if (this.#ports.sensors.scale) this.#glass.lifted(this.#readings);
  }

  /**
   * Whether another glass came back, or the same with something else in it; to be asked until `isGlassAway` is over. False also
   * where the scale does not stand still, and while it is lifted again (`isThere`).
   */
  async isOtherGlass(isThere: () => boolean): Promise<boolean> {
    this.#lookedFrom = this.#ports.clock.monotonic();
    if (!this.#glass.isAway || this.#isLookingAtGlass) return false;
    this.#isLookingAtGlass = true;
    const found = await this.#await(() => (this.#wait(standingMs) ? null : this.#glass.found(this.#readings)));
    this.#isLookingAtGlass = false;
    if (!isThere()) return false;
    if (found !== 'another') this.#glass.accept();
    return found === 'another';
  }

  get isGlassAway(): boolean {
    return this.#glass.isAway;
  }

  isWiped(): boolean {
    return this.#readings.isWiped() && this.#noFlow.isWiped() && this.#glass.isWiped() && this.dose.isWiped();
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.#silence?.[Symbol.dispose]();
    this.#steps = null;
    this.#readings.wipe();
    this.#noFlow.wipe();
    this.#glass.accept();
    this.dose.wipe();
  }

  #look(): void {
    this.#heard.resolve();
    this.#heard = Promise.withResolvers<void>();
    const steps = this.#steps;
    if (steps === null || steps.count === 0) return;
    this.#readingsOfJob += 1;
    const pump = steps.pump[0] ?? 0;
    if (this.dose.isWeighed) this.#listen();
    if (this.dose.looksReached(this.#readings, pump)) this.#ports.onEnough();
    else if (this.#isDry(steps)) this.#ports.onDry();
  }

  #isDry(steps: StepBuffer): boolean {
    const { sensors, clock } = this.#ports;
    if (sensors.scale && this.#noFlow.isDry(this.#readings, steps)) return true;
    const now = (clock.monotonic() - this.#began) * 1000;
    return sensors.flowMeters.some((pump) => this.#noFlow.isStill(this.#readings, steps, pump, now));
  }

  /** A dose that cannot be weighed any more must not run to its stretched end. */
  #listen(): void {
    this.#silence?.[Symbol.dispose]();
    this.#silence = this.#ports.clock.after(silentMs, () => {
      if (!this.dose.isReached) this.#ports.onEnough();
    });
  }

  /** Whether it is too early for readings of so long. */
  #wait(ms: number): boolean {
    return this.#ports.clock.monotonic() - this.#lookedFrom < ms;
  }

  /** The first answer of `question` after a reading; null when there is none in time. */
  async #await<T>(question: () => T | null): Promise<T | null> {
    const { clock } = this.#ports;
    const late = new AbortController();
    const timer = clock.after(settleMs, () => late.abort());
    try {
      for (;;) {
        const answer = question();
        if (answer !== null || late.signal.aborted) return answer;
        await Promise.race([this.#heard.promise, aborted(late.signal)]);
      }
    } finally {
      timer[Symbol.dispose]();
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
