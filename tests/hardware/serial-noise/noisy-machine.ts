import { setTimeout as sleep } from 'node:timers/promises';
import type { BridgeDispenser } from '#firmware-bridge/bridge/bridge-dispenser.ts';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { Dice } from '#firmware-bridge/sim/dice.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { isFailure } from '#shared/failure.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { milliseconds } from '#shared/units.ts';
import { BadLine } from '#tests/support/bad-line.ts';
import type { Board } from '#tests/support/board.ts';
import { benchBoard, openBenchBridge } from '#tests/support/bridge-bench.ts';
import { benchLimits, pinOf } from '#tests/support/bridge-wiring.ts';
import { judge, type Ordered, type Told } from './judge.ts';
import { type Faults, Noise, sum } from './noise.ts';

/** What came of so much noise. */
export interface NoiseReport {
  readonly faults: Faults;
  /** How many jobs ended in each way; faults by their codes. */
  readonly ends: Record<string, number>;
  /** Jobs whose record could be had. */
  readonly recorded: number;
  /** What nobody commanded, with the number of its job. */
  readonly mischief: readonly string[];
}

const tickUs = 16;
const pins = new Map([
  [0, pinOf[0]],
  [1, pinOf[1]],
  [31, pinOf[31]],
]);
/** From quiet to such that little gets through. */
const shares = [0, 0.005, 0.02, 0.04, 0.06];

/**
 * The firmware and its host on a line to which at least `faults` things are done, in the order that `seed` gives, and until `done` jobs
 * came through: noise goes on while nothing can be poured, and proves little then.
 */
export async function noisyMachine(seed: number, faults: number, done: number): Promise<NoiseReport> {
  await using machine = await NoisyMachine.start(seed);
  while (sum(machine.noise.faults) < faults || machine.done < done) await machine.job();
  return machine.report();
}

class NoisyMachine implements AsyncDisposable {
  readonly noise: Noise;
  readonly #dice: Dice;
  readonly #line: BadLine;
  readonly #board: Board;
  readonly #dispenser: BridgeDispenser;
  readonly #ends: Record<string, number> = {};
  readonly #mischief: string[] = [];
  readonly #talk = new AbortController();
  readonly #talking: Promise<void>;
  #jobs = 0;
  #recorded = 0;
  #resets = 0;

  private constructor(seed: number, line: BadLine, board: Board, dispenser: BridgeDispenser) {
    this.#dice = new Dice(seed);
    this.#line = line;
    this.#board = board;
    this.#dispenser = dispenser;
    this.noise = new Noise(line, new Dice(seed + 1));
    this.#talking = this.#keepTalking();
  }

  static async start(seed: number): Promise<NoisyMachine> {
    const line = new BadLine();
    const board = await benchBoard();
    const dispenser = await openBenchBridge(board.path, { openPort: line.open, clock: systemClock });
    await dispenser.configure(benchLimits);
    return new NoisyMachine(seed, line, board, dispenser);
  }

  /** Jobs that came through. */
  get done(): number {
    return this.#ends['done'] ?? 0;
  }

  report(): NoiseReport {
    const { faults } = this.noise;
    return { faults, ends: this.#ends, recorded: this.#recorded, mischief: this.#mischief };
  }

  /** One job from its order to the next: what the pins did meanwhile belongs to it or to nobody. */
  async job(): Promise<void> {
    this.#jobs += 1;
    if (this.#jobs % 20 === 1) this.noise.share = shares[this.#below(shares.length)] ?? 0;
    if (this.#jobs % 50 === 0) await this.#cut();
    await this.#ready();
    const from = await this.#mark();
    const resets = this.#resets;
    const lease = 60 + this.#below(200);
    const ordered = this.#order();
    const { end, job } = await this.#run(ordered, lease);
    // whatever was begun is over then, whether it was told or not
    if (end === 'fault' || end === 'refused') await sleep(lease + 20);
    const record = job === null ? null : await this.#recordOf(job);
    const to = await this.#mark();
    const told: Told = { end, record, wasReset: resets !== this.#resets };
    const wrong = judge(ordered, told, this.#board.edges.slice(from, to), pins);
    this.#mischief.push(...wrong.map((each) => `job ${this.#jobs}: ${each}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#talk.abort();
    await this.#talking;
    this.noise.share = 0;
    await this.#dispenser[Symbol.asyncDispose]();
    await this.#board[Symbol.asyncDispose]();
  }

  async #run(
    ordered: readonly Ordered[],
    lease: number,
  ): Promise<{ readonly end: Told['end']; readonly job: number | null }> {
    using steps = new StepBuffer();
    for (const { pump, start, stop } of ordered) steps.push(pump, 0, 1000, start, stop);
    const armed = await this.#dispenser.arm(steps, milliseconds(lease)).catch((error: unknown) => {
      this.#count('refused', error);
      return null;
    });
    if (armed === null) return { end: 'refused', job: null };
    let isOver = false;
    void armed.ended.then(() => {
      isOver = true;
    });
    const chance = this.#dice.uniform();
    if (chance < 0.05) this.#reset();
    else if (chance < 0.1) void this.#cut();
    else if (chance < 0.25) {
      await sleep(this.#below(30));
      await this.#dispenser.stop().catch((error: unknown) => this.#count('stop', error));
    } else {
      while (!isOver && chance > 0.35) {
        await Promise.race([armed.ended, sleep(lease / 3)]);
        if (!isOver) await armed.renew().catch((error: unknown) => this.#count('renew', error));
      }
    }
    const end = await armed.ended;
    this.#told(end.t === 'fault' ? `fault ${end.code}` : end.t);
    return { end: end.t, job: armed.job };
  }

  /** One to four doses for each of two pumps, of 1 … 10 ms. */
  #order(): Ordered[] {
    return [0, 1].flatMap((pump) => {
      let at = 0;
      return Array.from({ length: 1 + this.#below(4) }, () => {
        const start = at + this.#ticks(500, 4_000);
        at = start + this.#ticks(1_000, 10_000);
        return { pump, start, stop: at };
      });
    });
  }

  #ticks(least: number, most: number): number {
    return tickUs * Math.round((least + this.#dice.uniform() * (most - least)) / tickUs);
  }

  async #recordOf(job: number): Promise<ReadonlyMap<number, number> | null> {
    using doses = new DoseBuffer();
    const last = await this.#dispenser.lastJob(doses).catch((error: unknown) => {
      this.#count('record', error);
      return null;
    });
    if (last === null) return null;
    if (last.job !== job) {
      // armed by nobody: the board knows the job before
      return last.job < job ? new Map() : null;
    }
    this.#recorded += 1;
    const byPump = new Map<number, number>();
    for (let row = 0; row < doses.count; row += 1) {
      const pump = doses.pump[row] ?? 0;
      byPump.set(pump, (byPump.get(pump) ?? 0) + (doses.onUs[row] ?? 0));
    }
    return byPump;
  }

  /** Waits for a board that can be asked, as often as the noise lets it be lost. */
  async #ready(): Promise<void> {
    for (let tries = 1; this.#dispenser.inputs().supply === 'open'; tries += 1) {
      if (tries % 200 === 0) this.noise.share = 0;
      if (tries % 100 === 0)
        await this.#dispenser.configure(benchLimits).catch((error: unknown) => this.#count('configure', error));
      await sleep(5);
    }
  }

  async #cut(): Promise<void> {
    this.noise.faults.cuts += 1;
    await this.#line.pullOut();
    await sleep(this.#below(40));
    this.#line.plugIn();
  }

  #reset(): void {
    this.noise.faults.resets += 1;
    this.#resets += 1;
    this.#board.command('reset');
  }

  /** Resolves with how many edges there were until now. */
  async #mark(): Promise<number> {
    const word = `${this.#jobs}-${String(this.#board.edges.length)}`;
    this.#board.command(`mark ${word}`);
    let place = -1;
    await this.#board.until((edges) => {
      if (place === -1 && this.#board.lines.at(-1) === `mark ${word}`) place = edges.length;
      return place !== -1;
    });
    return place;
  }

  async #keepTalking(): Promise<void> {
    while (!this.#talk.signal.aborted) {
      await sleep(1 + this.#below(3));
      if (this.noise.share > 0) await this.noise.interject();
    }
  }

  #count(what: string, error: unknown): void {
    if (!isFailure(error)) throw new Error('no failure, a bug', { cause: error });
    this.#told(`${what} ${error.code}`);
  }

  #told(what: string): void {
    this.#ends[what] = (this.#ends[what] ?? 0) + 1;
  }

  #below(count: number): number {
    return Math.floor(this.#dice.uniform() * count);
  }
}
