import type { Clock } from '#shared/clock.ts';
import type { Log } from '#shared/log.ts';
import type { Stopwatch } from '#shared/stopwatch.ts';
import { chooseChip } from './choose-chip.ts';
import type { GpioLines } from './gpio-lines.ts';
import { contactLines, type GpioOptions, gpioPin, pumpLines } from './gpio-options.ts';
import { HostTimedDispenser } from './host-timed-dispenser.ts';

export interface GpioPorts {
  readonly clock: Clock;
  readonly stopwatch: Stopwatch;
  readonly log: Log;
}

/**
 * Claims every line that the machine has, all outputs inactive, and takes the watchdog. Nothing of it is loaded before.
 * @throws Failure `dispenser/no-chip`, `dispenser/line-taken`, `dispenser/failed`
 */
export async function openGpioDispenser(options: GpioOptions, ports: GpioPorts): Promise<HostTimedDispenser> {
  const lines = options.driver === 'gpio' ? await sysfsLines(options) : await deviceLines(options, ports);
  const { clock, log } = ports;
  const { driver, supply } = options;
  let watchdog: Disposable | null = null;
  try {
    const dispenser = new HostTimedDispenser({
      ...ports,
      driver,
      lines: guarded(lines, () => watchdog),
      pumps: pumpLines(options.pumps),
      contacts: contactLines(options.contacts),
      ...(supply === undefined ? {} : { supply: gpioPin(supply) }),
    });
    watchdog = options.watchdog === null ? null : await watchdogAt(options.watchdog, clock);
    log.warn('doses are timed by this computer; outputs stay on when it hangs or dies, but for a hardware watchdog', {
      driver,
      chip: lines.chip,
      watchdog: options.watchdog,
    });
    return dispenser;
  } catch (error) {
    lines[Symbol.dispose]();
    throw error;
  }
}

/** Lines that are closed before the watchdog is: should an output not go off, it stays awake and resets the computer. */
function guarded(lines: GpioLines, watchdog: () => Disposable | null): GpioLines {
  return {
    chip: lines.chip,
    output: (pin) => lines.output(pin),
    input: (pin) => lines.input(pin),
    [Symbol.dispose]() {
      lines[Symbol.dispose]();
      watchdog()?.[Symbol.dispose]();
    },
  };
}

async function sysfsLines({ chip }: GpioOptions): Promise<GpioLines> {
  const { sysfsChips } = await import('./sysfs-chips.ts');
  const { onoffLines } = await import('./onoff-lines.ts');
  return onoffLines(chooseChip(sysfsChips(), chip));
}

async function deviceLines({ chip }: GpioOptions, { clock }: GpioPorts): Promise<GpioLines> {
  const { cdevChips, cdevLines } = await import('./cdev-lines.ts');
  return cdevLines(chooseChip(cdevChips(), chip), clock);
}

async function watchdogAt(path: string, clock: Clock): Promise<Disposable> {
  const { watchdogDevice } = await import('./watchdog-device.ts');
  return watchdogDevice(path, clock);
}
