import type { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import type { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { remainder } from '../planner/remainder.ts';
import { calibrationOf, type ExecutorMachine } from './executor-machine.ts';
import type { Feedback } from './feedback.ts';
import type { TotalsBuffer } from './totals-buffer.ts';

export interface JobBooksParts {
  readonly machine: ExecutorMachine;
  readonly steps: StepBuffer;
  readonly doses: DoseBuffer;
  readonly totals: TotalsBuffer;
  readonly feedback: Feedback | null;
}

/** Books what jobs delivered: as it was measured where something measures, else as the calibration has it of what was executed. */
export class JobBooks {
  /** Something was armed and the far end could not be asked what it executed, or what was booked cannot be read again. */
  isUnread = false;
  readonly #parts: JobBooksParts;

  constructor(parts: JobBooksParts) {
    this.#parts = parts;
  }

  /** Books what the last job executed and keeps what is left of it. */
  tally(): void {
    const { steps, doses, feedback } = this.#parts;
    feedback?.dose.giveUp(steps);
    if (doses.count === 0) return;
    this.isUnread = false;
    this.#deliver((pump, carriedUl) => feedback?.metered(pump, carriedUl) ?? -1);
    remainder(steps, doses, (pump) => calibrationOf(this.#parts.machine, pump));
    doses.wipe();
  }

  /** Books what the scale shows of a dose once it stands still; answers whether less than half came. */
  async weigh(feedback: Feedback): Promise<boolean> {
    const { steps, doses } = this.#parts;
    await feedback.settled();
    this.isUnread = false;
    const isShort = feedback.isShort();
    this.#deliver((pump) => feedback.weighed(pump));
    steps.wipe();
    doses.wipe();
    feedback.dose.wipe();
    return isShort;
  }

  #deliver(measured: (pump: number, carriedUl: number) => number): void {
    const { machine, doses, totals } = this.#parts;
    totals.deliverAll(doses, (pump) => calibrationOf(machine, pump), measured);
  }
}
