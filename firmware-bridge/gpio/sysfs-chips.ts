import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux shows GPIO as files. */
export const sysfsGpio = '/sys/class/gpio';

export interface SysfsChip {
  readonly label: string;
  /** Number of its first line; 0, 4, 512, 571 … by kernel and board. */
  readonly base: number;
  readonly count: number;
}

/** The chips that the kernel shows below `root`; none where sysfs has no GPIO (Raspberry Pi OS from Trixie on). */
export function sysfsChips(root: string = sysfsGpio): SysfsChip[] {
  return entries(root)
    .filter((name) => name.startsWith('gpiochip'))
    .map((name) => {
      const read = (file: string): string => readFileSync(join(root, name, file), 'utf8').trim();
      return { label: read('label'), base: Number(read('base')), count: Number(read('ngpio')) };
    });
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
