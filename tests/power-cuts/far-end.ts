import type { Armed, Dispenser } from '#firmware-bridge/dispenser.ts';
import { SimDispenser, type SimOptions } from '#firmware-bridge/sim/sim-dispenser.ts';
import type { Fuse } from './fuse.ts';

/** The microcontroller and its pumps, which outlive the cell. */
export class FarEnd {
  /** Called before steps are armed; what it throws is a finding. */
  onArm: () => void = () => {};
  /** What was found when steps were armed: the cell, which hears of a failed dispenser only, does not tell. */
  readonly findings: unknown[] = [];
  readonly #options: SimOptions;
  #sim: SimDispenser;
  #before = 0;

  constructor(options: SimOptions) {
    this.#options = options;
    this.#sim = new SimDispenser(options);
  }

  /** What has flowed in all, µl. */
  get poured(): number {
    return this.#before + this.#sim.weigh().reduce((sum, ul) => sum + ul, 0);
  }

  get sim(): SimDispenser {
    return this.#sim;
  }

  /** The power goes: the pumps stop; what the last job executed is remembered or not. */
  async lose(forgets: boolean): Promise<void> {
    await this.#sim.stop();
    if (!forgets) return;
    this.#before = this.poured;
    this.#sim = new SimDispenser(this.#options);
  }

  #lookBeforeArming(): void {
    try {
      this.onArm();
    } catch (error) {
      this.findings.push(error);
      throw error;
    }
  }

  /** A process's way to it. */
  dispenser(fuse: Fuse): Dispenser {
    const sim = this.#sim;
    const through = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
      await fuse.pass(step);
      return work();
    };
    return {
      guarantee: sim.guarantee,
      configure: (pumps) => through('configure outputs', () => sim.configure(pumps)),
      arm: async (steps, lease) => {
        await fuse.pass('arm');
        if (steps.count > 0) this.#lookBeforeArming();
        const armed = await sim.arm(steps, lease);
        await fuse.pass('armed');
        return leased(armed, fuse);
      },
      stop: () => through('stop outputs', () => sim.stop()),
      cutSupply: () => through('cut supply', () => sim.cutSupply()),
      readBack: () => sim.readBack(),
      inputs: () => sim.inputs(),
      onInputs: (listener) => sim.onInputs((inputs) => (fuse.isBlown ? undefined : listener(inputs))),
      lastJob: (doses) => through('ask for the last job', () => sim.lastJob(doses)),
      forgetLastJob: () => through('forget the last job', () => sim.forgetLastJob()),
      async [Symbol.asyncDispose]() {},
    };
  }
}

function leased(armed: Armed, fuse: Fuse): Armed {
  return {
    job: armed.job,
    ended: Promise.race([armed.ended, fuse.blown.then(() => new Promise<never>(() => {}))]),
    async renew() {
      await fuse.pass('renew');
      return armed.renew();
    },
  };
}
