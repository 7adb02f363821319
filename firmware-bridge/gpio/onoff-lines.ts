import { type Edge, Gpio, type Options } from 'onoff';
import { Failure } from '#shared/failure.ts';
import type { GpioInput, GpioLines, GpioOutput, GpioPin } from './gpio-lines.ts';
import { lineTrouble } from './line-trouble.ts';
import type { SysfsChip } from './sysfs-chips.ts';
import { tellChanges } from './tell-changes.ts';

type Direction = 'in' | 'high' | 'low';

/**
 * The lines of a chip by sysfs. Of an output sysfs knows no owner: one that another program has exported by sysfs too is taken over,
 * one that a driver or the character device has is refused. Outputs stay exported and driven when this closes, and when the process dies:
 * unexporting would drop them to their pulls.
 */
export function onoffLines(chip: SysfsChip): GpioLines {
  const outputs: GpioOutput[] = [];
  const inputs: Gpio[] = [];
  return {
    chip: chip.label,
    output(pin) {
      // `high` and `low` set direction and level at once, and mean the pin whatever active_low says
      const gpio = claim(chip, pin, pin.active === 'low' ? 'high' : 'low', 'none');
      const output = outputOf(gpio, pin, chip);
      if (output.isActive()) output.write(false);
      outputs.push(output);
      return output;
    },
    input(pin) {
      if (pin.pull !== 'none') throw trouble('sysfs cannot set a pull', pin, chip);
      const gpio = claim(chip, pin, 'in', 'both');
      inputs.push(gpio);
      return inputOf(gpio, pin, chip);
    },
    [Symbol.dispose]() {
      for (const output of outputs) output.write(false);
      for (const gpio of inputs) gpio.unexport();
    },
  };
}

/** onoff passes over what it could not set on a line that was exported before; so it is looked at again. */
function claim(chip: SysfsChip, pin: GpioPin, direction: Direction, edge: Edge): Gpio {
  if (pin.offset >= chip.count) throw lineTrouble('EINVAL', pin.offset, chip.label);
  const activeLow = pin.active === 'low';
  const options: Options = { activeLow };
  return attempt(pin, chip, () => {
    const gpio = new Gpio(chip.base + pin.offset, direction, edge, options);
    const wanted = direction === 'in' ? 'in' : 'out';
    if (gpio.direction() !== wanted || gpio.activeLow() !== activeLow) {
      throw trouble('exported by somebody who does not let it be set', pin, chip);
    }
    return gpio;
  });
}

function outputOf(gpio: Gpio, pin: GpioPin, chip: SysfsChip): GpioOutput {
  return {
    write: (active) => attempt(pin, chip, () => gpio.writeSync(active ? 1 : 0)),
    isActive: () => attempt(pin, chip, () => gpio.readSync() === 1),
  };
}

function inputOf(gpio: Gpio, pin: GpioPin, chip: SysfsChip): GpioInput {
  const isActive = (): boolean => attempt(pin, chip, () => gpio.readSync() === 1);
  return {
    isActive,
    onChange(listener) {
      const look = tellChanges(isActive, listener);
      gpio.watch(look);
      return { [Symbol.dispose]: () => gpio.unwatch(look) };
    },
  };
}

function attempt<T>(pin: GpioPin, chip: SysfsChip, what: () => T): T {
  try {
    return what();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof Failure || code === undefined) throw error;
    throw lineTrouble(code, pin.offset, chip.label);
  }
}

function trouble(reason: string, { offset }: GpioPin, { label }: SysfsChip): Failure {
  return new Failure('dispenser/failed', { line: `gpio.${offset}`, chip: label, reason });
}
