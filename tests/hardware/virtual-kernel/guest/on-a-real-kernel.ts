import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lookAtLines } from '#cli/doctor/look-at-lines.ts';
import { cdevChips } from '#firmware-bridge/gpio/cdev-lines.ts';
import { sysfsChips } from '#firmware-bridge/gpio/sysfs-chips.ts';
import { watchdogDevice } from '#firmware-bridge/gpio/watchdog-device.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { baseOf, type Driver, linesOf, openPumps, until } from './benches.ts';
import { driven, SimChip } from './sim-chip.ts';

const line = (offset: number) => ({ offset, active: 'low', pull: 'none' }) as const;

export function onARealKernel(): void {
  describe('on a real kernel', () => {
    it('no chip begins at 0, and each is found by its label', () => {
      const chip = new SimChip(1);
      expect(baseOf(chip)).toBeGreaterThan(0);
      expect(cdevChips().some(({ label }) => label === chip.label)).toBe(true);
      expect(sysfsChips().some(({ label }) => label === chip.label)).toBe(true);
    });

    it('a machine whose chip is not there is told which are', async () => {
      const chip = new SimChip(1);
      await expect(openElsewhere('gpio', chip)).rejects.toThrow(chip.label);
      await expect(openElsewhere('gpio-cdev', chip)).rejects.toThrow(chip.label);
    });

    it('the character device sets pulls, and tells who has a line', () => {
      const chip = new SimChip(4);
      const lines = linesOf(chip, 'gpio-cdev');
      chip.pull(0, 0);
      chip.pull(1, 1);
      const up = lines.input({ offset: 0, active: 'high', pull: 'up' });
      const down = lines.input({ offset: 1, active: 'high', pull: 'down' });
      expect([up.isActive(), down.isActive()]).toEqual([true, false]);
      expect(() => linesOf(chip, 'gpio-cdev').output(line(1))).toThrow('by=decant');
      expect(() => linesOf(chip, 'gpio').output(line(1))).toThrow('dispenser/line-taken');
      lines[Symbol.dispose]();
    });

    it('a look at lines tells who has one and which the chip has not, by either driver, and takes none', () => {
      const chip = new SimChip(4);
      for (const driver of ['gpio', 'gpio-cdev'] as const) {
        lookAtLines(driver, [0, 1, 2, 3], chip.label);
        expect(() => lookAtLines(driver, [4], chip.label)).toThrow('line=gpio.4');
        expect(() => lookAtLines(driver, [0], 'another')).toThrow(chip.label);
      }
      const lines = linesOf(chip, 'gpio-cdev');
      lines.output(line(2));
      for (const driver of ['gpio', 'gpio-cdev'] as const) {
        lookAtLines(driver, [0, 1, 3], chip.label);
        expect(() => lookAtLines(driver, [0, 2], chip.label)).toThrow(
          `dispenser/line-taken (line=gpio.2, chip=${chip.label}, by=decant)`,
        );
      }
      lines[Symbol.dispose]();
      linesOf(chip, 'gpio').output(line(3));
      lookAtLines('gpio', [2, 3], chip.label);
    });

    it('sysfs leaves an output driven when the driver closes, the character device lets it fall to its pull', () => {
      const levels = (['gpio', 'gpio-cdev'] as const).map((driver) => {
        const chip = new SimChip(1);
        chip.pull(0, 0);
        const lines = linesOf(chip, driver);
        lines.output(line(0));
        lines[Symbol.dispose]();
        return chip.level(0);
      });
      expect(levels).toEqual([1, 0]);
    });

    it('the watchdog runs while it is held, and is off again after it was closed in order', () => {
      const state = (): string => readFileSync('/sys/class/watchdog/watchdog0/state', 'utf8').trim();
      expect(state()).toBe('inactive');
      const watchdog = watchdogDevice('/dev/watchdog', systemClock);
      expect(state()).toBe('active');
      expect(() => watchdogDevice('/dev/watchdog', systemClock)).toThrow('EBUSY');
      watchdog[Symbol.dispose]();
      expect(state()).toBe('inactive');
    });

    for (const driver of ['gpio', 'gpio-cdev'] as const) relaysStayOff(driver);
    killedMidDose();
  });
}

function relaysStayOff(driver: Driver): void {
  it(`${driver}: no relay that is on when low is driven low while a machine is opened, configured and closed`, async () => {
    const chip = new SimChip(4);
    const base = baseOf(chip);
    const dispenser = await openPumps(driver, chip);
    const before = driven().filter(({ line: number }) => number >= base && number < base + 4);
    // the supply is claimed first, switched off
    expect(before.map(({ line: number, level }) => [number - base, level])).toEqual([
      [3, 0],
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
    await dispenser.configure([]);
    expect([chip.level(0), chip.level(1), chip.level(2), chip.level(3)]).toEqual([1, 1, 1, 1]);
    await dispenser[Symbol.asyncDispose]();
    const relays = driven().filter(({ line: number }) => number >= base && number < base + 3);
    expect(relays.every(({ level }) => level === 1)).toBe(true);
    expect(driven().findLast(({ line: number }) => number === base + 3)?.level).toBe(0);
  });
}

/** What becomes of pumps when their process is killed: what PROTOCOL.md and the units rely on. */
function killedMidDose(): void {
  it('gpio-cdev: killed in mid-dose, the kernel takes the lines back, and relays are off by the pull of their board', async () => {
    const chip = new SimChip(4);
    await killMidDose('gpio-cdev', chip);
    await until(() => chip.level(0) === 1);
    expect([chip.level(0), chip.level(3)]).toEqual([1, 0]);
  });

  it('gpio: killed in mid-dose, the pump goes on until the unit switches the lines off', async () => {
    const chip = new SimChip(4);
    await killMidDose('gpio', chip);
    expect([chip.level(0), chip.level(3)]).toEqual([0, 1]);
    execFileSync('/bin/sh', ['systemd/export-lines', `${chip.label}:3:low`, `${chip.label}:0:high`]);
    expect([chip.level(0), chip.level(3)]).toEqual([1, 0]);
  });
}

/** Lets another process pour with pump 0 and kills it. */
async function killMidDose(driver: Driver, chip: SimChip): Promise<void> {
  chip.pull(0, 1);
  chip.pull(3, 0);
  const program = new URL('./pour-for-ever.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, driver, chip.label], { stdio: 'inherit' });
  const gone = once(child, 'exit');
  await until(() => chip.level(3) === 1 && chip.level(0) === 0);
  child.kill('SIGKILL');
  await gone;
}

async function openElsewhere(driver: Driver, { label }: SimChip): Promise<unknown> {
  const { openGpioDispenser } = await import('#firmware-bridge/gpio/open-gpio.ts');
  const { ports } = await import('./benches.ts');
  expect(label.startsWith('bench')).toBe(true);
  return openGpioDispenser({ driver, chip: 'pinctrl-none', pumps: [], contacts: {}, watchdog: null }, ports);
}
