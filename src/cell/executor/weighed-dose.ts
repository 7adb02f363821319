import { valueAt } from '#firmware-bridge/column.ts';
import type { Readings } from '#firmware-bridge/readings.ts';
import { longestJob, type StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { carried } from '../planner/remainder.ts';
import { quotient, timeFor } from '../planner/whole.ts';
import type { FeedbackMachine } from './feedback-machine.ts';
import { ageOf, countWithin, massOf, meanOf, volumeOf } from './weight.ts';

/** How long before its weight is reached a dose is stopped: of each pump, learned from what came after earlier stops. */
export class LeadTimes {
  readonly #ms = new Map<number, number>();

  of(pump: number): number {
    return this.#ms.get(pump) ?? firstLeadMs;
  }

  /** A stop came `late` ms too late (too early when negative); half of that is believed. */
  learn(pump: number, late: number): void {
    const next = this.of(pump) + quotient(late, 2);
    this.#ms.set(pump, Math.max(0, Math.min(longestLeadMs, next)));
  }
}

const firstLeadMs = 150;
const longestLeadMs = 500;
/** The rise of the weight is taken over so long, µs, and a weight from readings of so long. */
const slopeUs = 500_000;
const meanUs = 50_000;
/** What has settled is taken from readings of so long, µs. */
const settledUs = 250_000;
/** By how much a dose may last longer than the calibration says: an eighth. */
const stretchedBy = 8;

const places = { target: 0, tare: 1, planned: 2, state: 3, slope: 4 } as const;
const states = { none: 0, planned: 1, weighed: 2, reached: 3 } as const;

/**
 * A dose that pours alone and ends by its weight. It is planned a little longer than the calibration says, and stopped when what
 * has come and what is still on its way make the dose. All its numbers are amounts and lie in one wiped array.
 */
export class WeighedDose implements Disposable {
  readonly #machine: FeedbackMachine;
  readonly #leads: LeadTimes;
  readonly #numbers = new Int32Array(5);

  constructor(machine: FeedbackMachine, leads: LeadTimes) {
    this.#machine = machine;
    this.#leads = leads;
  }

  /** Whether the running job is ended by weight. */
  get isWeighed(): boolean {
    return this.#get('state') >= states.weighed;
  }

  get isReached(): boolean {
    return this.#get('state') === states.reached;
  }

  /** Makes the only step of `steps` last longer, but by no more than carries `roomUl`, nor than `longestUs` in all. */
  stretch(steps: StepBuffer, roomUl: number, longestUs: number): void {
    this.wipe();
    if (steps.count !== 1) return;
    const on = this.#on(steps);
    const calibration = this.#machine.calibrationOf(valueAt(steps.pump, 0));
    const room = timeFor(roomUl, calibration.flowAt(valueAt(steps.drive, 0)));
    const latest = Math.min(longestUs, longestJob - valueAt(steps.startUs, 0));
    const more = Math.min(quotient(on, stretchedBy), room, latest - on);
    if (more <= 0) return;
    this.#set('planned', on);
    this.#set('state', states.planned);
    steps.stopUs[0] = valueAt(steps.stopUs, 0) + more;
  }

  /** The job begins: what the scale shows now is the tare. */
  begin(steps: StepBuffer, readings: Readings): void {
    if (this.#get('state') !== states.planned) return;
    const pump = valueAt(steps.pump, 0);
    const ul = carried(this.#machine.calibrationOf(pump), valueAt(steps.drive, 0), this.#get('planned'));
    this.#set('target', massOf(ul, this.#machine.densityOf(pump)));
    this.#set('tare', meanOf(readings, countWithin(readings, slopeUs)));
    this.#set('state', states.weighed);
  }

  /** Whether the dose is to be stopped now. */
  looksReached(readings: Readings, pump: number): boolean {
    if (this.#get('state') !== states.weighed) return false;
    const came = meanOf(readings, countWithin(readings, meanUs)) - this.#get('tare');
    const slope = this.#slope(readings);
    if (slope <= 0) return false;
    const comes = quotient(slope * this.#leads.of(pump), 1000);
    if (came + comes < this.#get('target')) return false;
    this.#set('slope', slope);
    this.#set('state', states.reached);
    return true;
  }

  /** What the dose came to, µl, from readings that stand still; -1 where that cannot be: a hand was at the glass. */
  measured(readings: Readings, pump: number): number {
    const came = meanOf(readings, countWithin(readings, settledUs)) - this.#get('tare');
    const target = this.#get('target');
    if (came > target + quotient(target, 4) + 5_000 || came < 0) return -1;
    const late = came - target;
    if (this.isReached && this.#get('slope') > 0 && Math.abs(late) < 50_000) {
      this.#leads.learn(pump, quotient(late * 1000, this.#get('slope')));
    }
    return volumeOf(came, this.#machine.densityOf(pump));
  }

  /** Whether less than half came although the dose lasted to its stretched end. */
  isShort(readings: Readings): boolean {
    const came = meanOf(readings, countWithin(readings, settledUs)) - this.#get('tare');
    return !this.isReached && came * 2 < this.#get('target');
  }

  /** Gives up weighing: the step is as it was planned, for its rest to be poured by time. */
  giveUp(steps: StepBuffer): void {
    if (this.#get('state') !== states.none && steps.count === 1) {
      steps.stopUs[0] = valueAt(steps.startUs, 0) + this.#get('planned');
    }
    this.wipe();
  }

  wipe(): void {
    this.#numbers.fill(0);
  }

  isWiped(): boolean {
    return this.#numbers.every((value) => value === 0);
  }

  [Symbol.dispose](): void {
    this.wipe();
  }

  /** Rise of the weight, mg/s. */
  #slope(readings: Readings): number {
    const n = countWithin(readings, meanUs);
    const back = countWithin(readings, slopeUs) - 1;
    if (back <= n) return 0;
    const us = ageOf(readings, back);
    const rise = meanOf(readings, n) - meanOf(readings, n, back);
    return us < meanUs ? 0 : quotient(rise * 1000, quotient(us, 1000));
  }

  #on(steps: StepBuffer): number {
    return valueAt(steps.stopUs, 0) - valueAt(steps.startUs, 0);
  }

  #get(name: keyof typeof places): number {
    return valueAt(this.#numbers, places[name]);
  }

  #set(name: keyof typeof places, value: number): void {
    this.#numbers[places[name]] = value;
  }
}
