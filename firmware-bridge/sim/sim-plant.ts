import { valueAt } from '../column.ts';
import type { Dice } from './dice.ts';
import { delivered, drawLuck, dryAfter, type SimPump } from './pump-model.ts';
import type { SimJob } from './sim-job.ts';

/** An output that does not go off, and since which machine time. */
interface Runaway {
  readonly pump: number;
  readonly flow_ul_s: number;
  readonly since: number;
}

/** The wet side of the model: bottles, pumps, relays, and what came out of them. */
export class SimPlant {
  /** What really came out of each pump since the model began, µl. */
  readonly delivered_ul: Float64Array;
  /** Pump whose relay will stick when it should go off. */
  stuck: number | null = null;
  readonly #pumps: readonly (SimPump | undefined)[];
  readonly #bottles: Float64Array;
  readonly #dice: Dice;
  /** Flow of each pump against what it was, permille, and air that its next step moves first, µs. */
  readonly #worn: Float64Array;
  readonly #air: Float64Array;
  #runaway: Runaway | null = null;

  constructor(pumps: readonly (SimPump | undefined)[], dice: Dice) {
    this.#pumps = pumps;
    this.#dice = dice;
    this.#bottles = Float64Array.from(pumps, (pump) => pump?.bottle_ul ?? 0);
    this.delivered_ul = new Float64Array(pumps.length);
    this.#worn = new Float64Array(pumps.length).fill(1000);
    this.#air = new Float64Array(pumps.length);
  }

  /** Fills the pump's bottle up to `left_ul`, or wholly. */
  fill(pump: number, left_ul?: number): void {
    this.#bottles[pump] = left_ul ?? this.#pumps[pump]?.bottle_ul ?? 0;
  }

  /** From now on the pump moves `permille` of what its curve says. */
  wear(pump: number, permille: number): void {
    this.#worn[pump] = permille;
  }

  /** The next step of the pump moves air first. */
  letAirIn(pump: number, us: number): void {
    this.#air[pump] = us;
  }

  /** Bit n: pump n runs although nobody wants it. */
  runaways(): number {
    return this.#runaway === null ? 0 : 1 << this.#runaway.pump;
  }

  /** Throws the dice for each step of the job. */
  draw(job: SimJob): void {
    for (let row = 0; row < job.steps.count; row += 1) {
      const number = valueAt(job.steps.pump, row);
      const pump = this.#pumps[number];
      if (pump === undefined) continue;
      const luck = drawLuck(pump, valueAt(job.steps.drive, row), this.#dice);
      const flow_ul_s = (luck.flow_ul_s * valueAt(this.#worn, number)) / 1000;
      job.luck.push({ ...luck, flow_ul_s, lag_us: luck.lag_us + valueAt(this.#air, number) });
      this.#air[number] = 0;
    }
  }

  /** What each pump has delivered by the machine time `at`, the running job and a stuck relay included, µl. */
  flowed(job: SimJob | null, at: number): Float64Array {
    const sum = this.delivered_ul.slice();
    const add = (pump: number, ul: number): void => {
      const flowed = valueAt(sum, pump) - valueAt(this.delivered_ul, pump);
      sum[pump] = valueAt(sum, pump) + Math.min(ul, Math.max(0, valueAt(this.#bottles, pump) - flowed));
    };
    if (job !== null) {
      for (const row of job.rows()) {
        const luck = job.luck[row];
        if (luck !== undefined) add(valueAt(job.steps.pump, row), delivered(luck, job.onUsAt(row, at)));
      }
    }
    const runaway = this.#runaway;
    if (runaway !== null) add(runaway.pump, ((at - runaway.since) * runaway.flow_ul_s) / 1e6);
    return sum;
  }

  /** The weight of all that, mg. */
  weight(job: SimJob | null, at: number): number {
    return this.flowed(job, at).reduce((sum, ul, pump) => sum + (ul * (this.#pumps[pump]?.density ?? 1000)) / 1000, 0);
  }

  /** A drop falls from a nozzle. */
  drop(pump: number, ul: number): void {
    this.#pour(pump, ul);
  }

  /** Machine time at which the job will find the pump's bottle empty; null when it will not. */
  dryAt(job: SimJob, pump: number): number | null {
    let left = valueAt(this.#bottles, pump);
    for (const row of job.rows(pump)) {
      const luck = job.luck[row];
      if (luck === undefined) continue;
      const start = valueAt(job.steps.startUs, row);
      const onUs = valueAt(job.steps.stopUs, row) - start;
      const dry = dryAfter(luck, left);
      if (dry < onUs) return Math.ceil(job.startedAt + start + dry);
      left -= delivered(luck, onUs);
    }
    return null;
  }

  /** Machine time at which the stuck relay should first go off in this job; null when its pump is not in it. */
  sticksAt(job: SimJob): number | null {
    const row = this.stuck === null ? undefined : job.rows(this.stuck)[0];
    return row === undefined ? null : job.startedAt + valueAt(job.steps.stopUs, row);
  }

  /** The job is over at the machine time `at`: books what was executed and what flowed. */
  settle(job: SimJob, at: number): void {
    const row = this.stuck === null ? undefined : job.rows(this.stuck)[0];
    const welded = row !== undefined && job.startedAt + valueAt(job.steps.startUs, row) < at ? row : null;
    job.execute(at, welded);
    for (const each of job.rows()) {
      const luck = job.luck[each];
      const onUs = valueAt(job.doses.onUs, each);
      if (luck !== undefined && onUs > 0) this.#pour(valueAt(job.steps.pump, each), delivered(luck, onUs));
    }
    if (welded === null || this.stuck === null) return;
    this.#runaway = { pump: this.stuck, flow_ul_s: job.luck[welded]?.flow_ul_s ?? 0, since: at };
  }

  /** The supply goes at the machine time `at`; what ran until then is booked. */
  cut(at: number): void {
    const runaway = this.#runaway;
    this.#runaway = null;
    if (runaway !== null) this.#pour(runaway.pump, ((at - runaway.since) * runaway.flow_ul_s) / 1e6);
  }

  #pour(pump: number, wanted_ul: number): void {
    const poured = Math.min(valueAt(this.#bottles, pump), wanted_ul);
    this.#bottles[pump] = valueAt(this.#bottles, pump) - poured;
    this.delivered_ul[pump] = valueAt(this.delivered_ul, pump) + poured;
  }
}
