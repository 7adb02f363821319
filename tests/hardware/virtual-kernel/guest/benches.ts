import { cdevChips, cdevLines } from '#firmware-bridge/gpio/cdev-lines.ts';
import { chooseChip } from '#firmware-bridge/gpio/choose-chip.ts';
import type { GpioLines } from '#firmware-bridge/gpio/gpio-lines.ts';
import { openGpioDispenser } from '#firmware-bridge/gpio/open-gpio.ts';
import { onoffLines } from '#firmware-bridge/gpio/onoff-lines.ts';
import { sysfsChips } from '#firmware-bridge/gpio/sysfs-chips.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemStopwatch } from '#shared/node/system-stopwatch.ts';
import type { DispenserBench } from '#tests/support/dispenser-contract.ts';
import type { GpioBench } from '#tests/support/gpio/gpio-lines-contract.ts';
import { driven, SimChip } from './sim-chip.ts';

export type Driver = 'gpio' | 'gpio-cdev';

export const drivers: readonly Driver[] = ['gpio', 'gpio-cdev'];
export const ports = { clock: systemClock, stopwatch: systemStopwatch(), log: silentLog };

export const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Resolves when `is` answers yes; @throws Error when it does not within 5 s */
export async function until(is: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_500 && !is(); turn += 1) await pause(2);
  if (!is()) throw new Error('did not come to be');
}

/** The chip's lines as the driver reaches them, found by label. */
export function linesOf(chip: SimChip, driver: Driver): GpioLines {
  return driver === 'gpio'
    ? onoffLines(chooseChip(sysfsChips(), chip.label))
    : cdevLines(chooseChip(cdevChips(), chip.label), systemClock);
}

export function baseOf(chip: SimChip): number {
  return chooseChip(sysfsChips(), chip.label).base;
}

export async function lineBench(driver: Driver, chip = new SimChip(20)): Promise<GpioBench> {
  const base = baseOf(chip);
  return {
    lines: linesOf(chip, driver),
    level: (offset) => chip.level(offset),
    pull: (offset, level) => chip.pull(offset, level),
    driven: (offset) => driven().flatMap(({ line, level }) => (line === base + offset ? [level] : [])),
    take: (offset) => void linesOf(chip, 'gpio-cdev').output({ offset, active: 'high', pull: 'none' }),
    until,
  };
}

/** Pumps 0, 1 and 31 on relays that are on when low; a relay board holds its inputs up. */
export async function openPumps(driver: Driver, chip: Pick<SimChip, 'label' | 'pull'>) {
  const line = (offset: number, active: 'high' | 'low') => ({ name: `gpio.${offset}`, active, pull: 'none' }) as const;
  const pumps = [0, 1, 31].map((pump, offset) => ({ pump, pin: line(offset, 'low') }));
  for (const offset of pumps.keys()) chip.pull(offset, 1);
  const supply = line(3, 'high');
  return openGpioDispenser({ driver, chip: chip.label, pumps, contacts: {}, supply, watchdog: null }, ports);
}

export async function dispenserBench(driver: Driver): Promise<DispenserBench> {
  const dispenser = await openPumps(driver, new SimChip(4));
  // a sleep must not end before the time that it stands for
  return { dispenser, advance: (ms) => pause(ms + 3) };
}
