import { type HostTimedOptions, HostTimedDispenser } from '#firmware-bridge/gpio/host-timed-dispenser.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { silentLog } from '#shared/log.ts';
import type { Stopwatch } from '#shared/stopwatch.ts';
import { microlitres, microlitresPerSecond, milliseconds } from '#shared/units.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { FakeChip } from './fake-chip.ts';

/** Time of a look at the stopwatch, µs: whoever spins must come to an end. */
const lookUs = 5;

/** The time of a stepped clock in µs, going on a little with each look. */
export function steppedStopwatch(clock: SteppedClock): Stopwatch & { skip(us: number): void } {
  let now = 0;
  let from = 0;
  const look = (): number => {
    now = Math.max(now + lookUs, clock.monotonic() * 1000);
    return now;
  };
  return {
    start: () => {
      from = look();
    },
    us: () => look() - from,
    skip: (us) => {
      now = Math.max(now, clock.monotonic() * 1000) + us;
    },
  };
}

/** Active low, as relay boards are. */
export const pumpLine = (offset: number) => ({ offset, active: 'low', pull: 'none' }) as const;
export const input = (offset: number) => ({ offset, active: 'low', pull: 'up' }) as const;
export const supplyLine = { offset: 20, active: 'high', pull: 'none' } as const;

export const limits = [0, 1].map((pump) => ({
  pump,
  maxOn: milliseconds(60_000),
  maxVolume: microlitres(600_000),
  maxFlow: microlitresPerSecond(10_000),
}));

/** Pumps 0 and 1 at lines 0 and 1 of a chip that exists only here, their supply at line 20; not yet configured. */
export function gpioBench(others: Partial<HostTimedOptions> = {}, chip = new FakeChip()) {
  const clock = new SteppedClock();
  const stopwatch = steppedStopwatch(clock);
  const dispenser = new HostTimedDispenser({
    driver: 'gpio-cdev',
    lines: chip.open(),
    clock,
    stopwatch,
    log: silentLog,
    pumps: [0, 1].map((pump) => ({ pump, pin: pumpLine(pump) })),
    contacts: {},
    supply: supplyLine,
    ...others,
  });
  return { chip, clock, stopwatch, dispenser };
}

/** Steps as [pump, start ms, stop ms], at full drive. */
export function steps(...rows: readonly (readonly [number, number, number])[]): StepBuffer {
  const buffer = new StepBuffer();
  for (const [pump, start, stop] of rows) buffer.push(pump, 0, 1000, start * 1000, stop * 1000);
  return buffer;
}
