import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CdevChip, cdevChips } from '#firmware-bridge/gpio/cdev-lines.ts';
import { lineInfo, request } from '#firmware-bridge/gpio/character-device.ts';
import { chooseChip } from '#firmware-bridge/gpio/choose-chip.ts';
import { lineTrouble } from '#firmware-bridge/gpio/line-trouble.ts';
import { type SysfsChip, sysfsChips, sysfsGpio } from '#firmware-bridge/gpio/sysfs-chips.ts';
import { readWrite, systemCalls } from '#firmware-bridge/gpio/system-calls.ts';
import { Failure, isFailure } from '#shared/failure.ts';

/** Where Linux shows GPIO. */
export interface GpioPlaces {
  readonly devices: string;
  readonly sysfs: string;
  /** Whether this account may read and write the file. */
  readonly may: (path: string) => boolean;
}

const thisComputer: GpioPlaces = {
  devices: '/dev',
  sysfs: sysfsGpio,
  may(path) {
    try {
      accessSync(path, constants.R_OK | constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
};

/**
 * Looks whether the driver could claim the lines of these offsets, without claiming one: nothing is driven.
 * @throws Failure `dispenser/no-chip`, `dispenser/line-taken`, `dispenser/failed` {reason}, as the driver does
 */
export function lookAtLines(
  driver: 'gpio' | 'gpio-cdev',
  offsets: readonly number[],
  wanted?: string,
  places: GpioPlaces = thisComputer,
): void {
  if (driver === 'gpio') lookBySysfs(offsets, wanted, places);
  else lookByDevice(offsets, wanted, places);
}

function lookByDevice(offsets: readonly number[], wanted: string | undefined, { devices, may }: GpioPlaces): void {
  const closed = readdirSync(devices).filter((name) => /^gpiochip\d+$/.test(name) && !may(join(devices, name)));
  const chip = knownTo(closed[0], devices, () => chooseChip(cdevChips(devices), wanted));
  for (const { offset, errno, by } of linesOf(chip, offsets)) {
    if (errno !== null) throw lineTrouble(errno, offset, chip.label);
    if (by !== null) throw lineTrouble('EBUSY', offset, chip.label, by);
  }
}

/** A chip that may not be opened does not tell its label: it may be the one. */
function knownTo<C>(closed: string | undefined, folder: string, choose: () => C): C {
  try {
    return choose();
  } catch (error) {
    if (closed === undefined || !isFailure(error, 'dispenser/no-chip')) throw error;
    throw new Failure('dispenser/failed', { chip: join(folder, closed), reason: 'no permission' });
  }
}

function lookBySysfs(
  offsets: readonly number[],
  wanted: string | undefined,
  { devices, sysfs, may }: GpioPlaces,
): void {
  const chip: SysfsChip = chooseChip(sysfsChips(sysfs), wanted);
  for (const offset of offsets) {
    if (offset >= chip.count) throw lineTrouble('EINVAL', offset, chip.label);
    const line = join(sysfs, `gpio${chip.base + offset}`);
    if (!may(existsSync(line) ? join(line, 'value') : join(sysfs, 'export'))) {
      throw lineTrouble('EACCES', offset, chip.label);
    }
  }
  // whoever has a line is told by the character device only, where there is one that may be asked
  const device = existsSync(devices) ? cdevChips(devices).find(({ label }) => label === chip.label) : undefined;
  if (device === undefined) return;
  for (const { offset, by } of linesOf(device, offsets)) {
    if (by !== null && by !== 'sysfs') throw lineTrouble('EBUSY', offset, chip.label, by);
  }
}

interface LineLook {
  readonly offset: number;
  /** Why the kernel tells nothing of it. */
  readonly errno: string | null;
  /** Who has it, `''` for somebody without a name; null when it is free. */
  readonly by: string | null;
}

function linesOf(chip: CdevChip, offsets: readonly number[]): LineLook[] {
  const { open, close, ioctl, errno } = systemCalls();
  const descriptor = open(chip.path, readWrite);
  if (descriptor === -1) return [];
  try {
    return offsets.map((offset) => {
      const info = lineInfo.of(offset);
      if (ioctl(descriptor, request.lineInfo, info) === -1) return { offset, errno: errno(), by: null };
      return { offset, errno: null, by: lineInfo.isUsed(info) ? lineInfo.consumer(info) : null };
    });
  } finally {
    close(descriptor);
  }
}
