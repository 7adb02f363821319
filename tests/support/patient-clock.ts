import type { Clock } from '#shared/clock.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { milliseconds } from '#shared/units.ts';

/** Of real time, but everything that waits waits longer: a busy computer may keep a board's process waiting for more than a real line ever would. */
export const patientClock: Clock = {
  ...systemClock,
  after: (delay, task) => systemClock.after(milliseconds(delay * 5), task),
};
