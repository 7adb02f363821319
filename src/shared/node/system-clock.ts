import type { Clock } from '../clock.ts';
import { instant, type Milliseconds, milliseconds } from '../units.ts';

/** The clock of this computer. */
export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => milliseconds(Math.floor(performance.now())),
  after(delay: Milliseconds, task: () => void): Disposable {
    const timer = setTimeout(task, delay);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
