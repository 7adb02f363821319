import { type Clock, pause } from '#shared/clock.ts';
import { milliseconds } from '#shared/units.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { ServiceProgress } from '#wire/service-api.ts';
import type { Moved, ServiceRun, ServiceStep } from '../executor/service-run.ts';
import { calibrationOf, longestOnUs } from '../machine-model.ts';
import { doseTime } from '../planner/drive.ts';
import { type Flow, type Phase, type Program, rounds } from './programs.ts';

export interface ServiceJobPorts {
  readonly clock: Clock;
  readonly config: MachineConfig;
  readonly tell: (progress: Omit<ServiceProgress, 'job'>) => void;
}

const progressMs = 500;
/** The calibration counts in whole µl: what is less is nothing. */
const nothingUl = 2;

/** Carries a program out, phase after phase, until it is over or the run is halted. */
export class ServiceJob {
  readonly #ports: ServiceJobPorts;
  readonly #run: ServiceRun;
  readonly #program: Program;
  readonly #rinsed = new Map<number, number>();
  #contactMs = 0;
  #swapped: PromiseWithResolvers<void> | null = null;

  constructor(ports: ServiceJobPorts, run: ServiceRun, program: Program) {
    this.#ports = ports;
    this.#run = run;
    this.#program = program;
  }

  /** How long the product stood in the lines, whole seconds as they passed. */
  get contactSeconds(): number {
    return Math.floor(this.#contactMs / 1000);
  }

  /** What was rinsed through the line, µl. */
  rinsedUl(line: number): number {
    return this.#rinsed.get(line) ?? 0;
  }

  /** Whether it waits for `goOn`. */
  get isWaiting(): boolean {
    return this.#swapped !== null;
  }

  /** The container is changed. */
  goOn(): void {
    this.#swapped?.resolve();
  }

  /** Resolves when it is over; `why` of the run tells how. @throws Failure `dispenser/over-limit` */
  async carryOut(): Promise<void> {
    for (const phase of this.#program.phases) {
      if (this.#run.why !== null) return;
      await this.#carryOut(phase);
    }
  }

  #carryOut(phase: Phase): Promise<void> {
    switch (phase.t) {
      case 'flow':
        return this.#flow(phase);
      case 'contact':
        return this.#contact(phase.seconds);
      case 'swap':
        return this.#swap();
    }
  }

  async #flow({ name, flows }: Phase & { t: 'flow' }): Promise<void> {
    for (const round of rounds(flows, this.#ports.config)) {
      const left = new Map(round.map(({ pump, ul }) => [pump.channel, ul]));
      const open = (): readonly Flow[] => round.filter(({ pump }) => (left.get(pump.channel) ?? 0) >= nothingUl);
      while (this.#run.why === null && open().length > 0) {
        const moved = await this.#moved(name, open(), left);
        for (const { pump, ul } of moved) left.set(pump, (left.get(pump) ?? 0) - ul);
        if (name === 'rinse') this.#count(round, moved);
        if (this.#run.why === null && moved.every(({ ul }) => ul === 0)) await this.#run.stop('dispenser/failed');
      }
    }
  }

  /** One job of the far end: each line as far as it has to go, and may in one job. */
  #moved(
    name: ServiceProgress['phase'],
    flows: readonly Flow[],
    left: ReadonlyMap<number, number>,
  ): Promise<readonly Moved[]> {
    const steps = flows.map((flow) => this.#step(flow, left.get(flow.pump.channel) ?? 0));
    const longestMs = Math.max(...steps.map(({ onUs }) => onUs)) / 1000;
    const lines = flows.map(({ pump }) => pump.line);
    return this.#told({ name, lines, ms: longestMs }, () => this.#run.move(steps));
  }

  #step({ pump, drive }: Flow, ul: number): ServiceStep {
    const calibration = calibrationOf(pump);
    const longest = longestOnUs(pump, this.#ports.config);
    return {
      pump: pump.channel,
      drive,
      onUs: Math.min(longest, doseTime({ pump: pump.channel, calibration }, ul, drive)),
    };
  }

  #count(round: readonly Flow[], moved: readonly Moved[]): void {
    for (const { pump } of round) {
      const ul = moved.find((each) => each.pump === pump.channel)?.ul ?? 0;
      this.#rinsed.set(pump.line, this.rinsedUl(pump.line) + ul);
    }
  }

  async #contact(seconds: number): Promise<void> {
    const { clock, config } = this.#ports;
    const begun = clock.monotonic();
    const wall = milliseconds(Math.ceil((seconds * 1000) / config.simulation.speed));
    const lines = [...this.#program.plans.keys()];
    await this.#told({ name: 'contact', lines, ms: seconds * 1000 }, () =>
      pause(clock, wall, this.#run.halted).catch(() => {}),
    );
    this.#contactMs = (clock.monotonic() - begun) * config.simulation.speed;
  }

  async #swap(): Promise<void> {
    const swapped = Promise.withResolvers<void>();
    this.#swapped = swapped;
    this.#run.halted.addEventListener('abort', () => swapped.resolve(), { once: true });
    if (this.#run.why !== null) swapped.resolve();
    this.#ports.tell({ phase: 'swap', lines: [...this.#program.plans.keys()], percent: 0 });
    await swapped.promise;
    this.#swapped = null;
  }

  /** Does `work`, which takes `ms` of machine time, and tells how far it has come. */
  async #told<T>(
    { name, lines, ms }: { name: ServiceProgress['phase']; lines: readonly number[]; ms: number },
    work: () => Promise<T>,
  ): Promise<T> {
    const { clock, config, tell } = this.#ports;
    const begun = clock.monotonic();
    const percent = (): number => {
      const gone = (clock.monotonic() - begun) * config.simulation.speed;
      return ms <= 0 ? 0 : Math.min(99, Math.floor((100 * gone) / ms));
    };
    const say = (part: number): void => tell({ phase: name, lines: [...lines], percent: part });
    const tick = (): Disposable =>
      clock.after(milliseconds(progressMs), () => {
        say(percent());
        timer = tick();
      });
    say(0);
    let timer = tick();
    try {
      return await work();
    } finally {
      timer[Symbol.dispose]();
    }
  }
}
