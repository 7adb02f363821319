import type { Clock } from '#shared/clock.ts';
import { milliseconds } from '#shared/units.ts';
import { tickMs } from './published-end.ts';

export interface PercentPorts {
  readonly clock: Clock;
  /** After so long the end is told, ms of the clock. */
  readonly duration: number;
  /** Whether the drink is held just now. */
  readonly isHeld: () => boolean;
  readonly tell: (percent: number) => void;
}

/**
 * Tells every 500 ms, never on a piece's edge, how much has gone of the time after which the end is told. While a drink is held
 * nothing is told and no time goes: a percent says that it goes on.
 */
export function tellPercent({ clock, duration, isHeld, tell }: PercentPorts): Disposable {
  let gone = 0;
  let seen = clock.monotonic();
  const tick = (): Disposable =>
    clock.after(milliseconds(tickMs), () => {
      const now = clock.monotonic();
      if (!isHeld()) {
        gone += now - seen;
        tell(Math.min(99, Math.floor((100 * gone) / duration)));
      }
      seen = now;
      timer = tick();
    });
  let timer = tick();
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
