import type { PumpFindingTexts } from './console-texts.ts';

/** What doctor finds of the pumps and what they hang on, in English. */
export const pumpFindingsEn: PumpFindingTexts = {
  'pumps/good': { what: '{count|all} described, and what they hang on is there ({driver|driver})', todo: '' },
  'pumps/running': { what: '{count|all}, in the hands of the cell ({driver|driver})', todo: '' },
  'pumps/simulated': {
    what: '{simulated|some} of {count|all} are simulated',
    todo: 'Simulated pumps pour nothing: describe the real ones in machine.yaml.',
  },
  'pumps/no-supply': {
    what: 'the cell runs, but its pumps have no supply ({driver|driver})',
    todo: 'Look at emergency stop, power supply and cable, then at the cell’s log: an output that does not obey keeps the supply off.',
  },
  'pumps/port-missing': {
    what: '{port|the serial port} is not there',
    todo: 'Plug the microcontroller in, or name in machine.yaml the port that is there: `ls /dev/serial/by-id`.',
  },
  'pumps/port-closed': {
    what: '{port|the serial port} is there, but this account may not open it',
    todo: 'The cell’s account needs the group of the port, often dialout: `usermod -aG dialout NAME`, then log in anew; the udev rule of the installation does it for its own account.',
  },
  'pumps/port-busy': {
    what: '{port|the serial port} is taken by {by|another program}',
    todo: 'End that program: a terminal, a modem manager or an editor for microcontrollers; then start the cell.',
  },
  'pumps/port-unusable': {
    what: '{port|the serial port} is no serial port that can be used',
    todo: 'Name the port of the microcontroller in machine.yaml: `ls /dev/serial/by-id`.',
  },
  'pumps/no-chip': {
    what: 'no GPIO chip {wanted|of a known name}; there is {found|none}',
    todo: 'Name one of those as hardware.chip in machine.yaml; where there is none, this computer has no GPIO, or sysfs has it no more: take the driver gpio-cdev.',
  },
  'pumps/no-access': {
    what: 'this account may not use {line|the lines} of {chip|the GPIO chip}',
    todo: 'The cell’s account needs the group of the GPIO chip (gpio on a Raspberry Pi): `usermod -aG gpio NAME`, then log in anew.',
  },
  'pumps/line-taken': {
    what: '{line|a line} of {chip|the GPIO chip} is taken by {by|another program}',
    todo: 'End that program, or switch off the part of the kernel that has it (SPI, I²C, one-wire), or choose another line.',
  },
  'pumps/line-unusable': {
    what: '{line|a line} of {chip|the GPIO chip} cannot be used: {reason|unknown}',
    todo: 'Choose a line in machine.yaml that the chip has.',
  },
};
