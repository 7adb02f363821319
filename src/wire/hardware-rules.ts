/** What a pump of `machine.yaml` hangs on. */
export interface WiredPump {
  readonly driver: 'sim' | 'bridge' | 'gpio' | 'gpio-cdev';
  readonly port?: string | undefined;
  readonly pin?: string | undefined;
  readonly sense?: string | undefined;
  readonly level?: string | undefined;
  readonly flow_meter?: { readonly pin: string } | undefined;
  readonly flow: readonly unknown[];
}

/** What the rest of the machine hangs on. */
export interface Wiring {
  readonly chip?: string | undefined;
  readonly supply?: string | undefined;
  readonly glass?: string | undefined;
  readonly door?: string | undefined;
  readonly tray?: string | undefined;
  readonly supply_present?: string | undefined;
  readonly service_key?: string | undefined;
  readonly load_cell?: { readonly data: string; readonly clock: string } | undefined;
  readonly watchdog: string | null;
}

/** A value that the hardware could not be built by, and what could stand there instead. */
export interface HardwareMistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A pin where the configuration names it. */
interface NamedPin {
  readonly path: readonly (string | number)[];
  readonly text: string;
  readonly way: 'output' | 'input';
}

type Driver = WiredPump['driver'];

/** What an editor shows at a pin. */
export const pinHint =
  'NAME[:high|:low][:pu|:pd]: the line, the level that means on or made (high), the pull of an input (none). bridge: D2 … D13, A0 … A5; gpio and gpio-cdev: gpio.N, N being the offset on the chip.';

/** What an editor shows at a driver. */
export const driverHint =
  'The same for all pumps. bridge: a microcontroller times the doses; gpio-cdev: this computer does, by the character device; gpio: the same by sysfs; sim: a physical model without pins.';

/** What each driver needs of a pump, in JSON Schema: the part of these rules that an editor can check. */
export const needsByDriver = {
  anyOf: [
    need(['bridge'], { required: ['port', 'pin'] }),
    need(['gpio', 'gpio-cdev'], {
      required: ['pin'],
      properties: { port: false, flow_meter: false, flow: { maxItems: 1 } },
    }),
    need(['sim'], { properties: { port: false, pin: false, sense: false, level: false, flow_meter: false } }),
  ],
};

function need(
  drivers: readonly Driver[],
  others: { readonly required?: string[]; readonly properties?: object },
): object {
  return { ...others, properties: { driver: { enum: drivers }, ...others.properties } };
}

const contacts = ['glass', 'door', 'tray', 'supply_present', 'service_key'] as const;

/** Everything in the wiring that its driver cannot do, and every pin that is used twice. */
export function hardwareMistakes(pumps: readonly WiredPump[], hardware: Wiring): readonly HardwareMistake[] {
  const [first] = pumps;
  if (first === undefined) return [];
  const mixed = mixedDrivers(pumps, first);
  // what the others say of a machine with two drivers would only confuse
  if (mixed.length > 0) return mixed;
  const { driver } = first;
  return [
    ...(driver === 'sim' ? simulated(pumps, hardware) : wired(pumps, namedPins(pumps, hardware), driver)),
    ...ports(pumps, first),
    ...onlyElsewhere(pumps, hardware, driver),
  ];
}

function mixedDrivers(pumps: readonly WiredPump[], first: WiredPump): HardwareMistake[] {
  return pumps.flatMap(({ driver }, i) =>
    driver === first.driver
      ? []
      : [
          {
            path: ['pumps', i, 'driver'],
            message: `all pumps of a machine have one driver; pump 1 of the list has ${first.driver}`,
          },
        ],
  );
}

function simulated(pumps: readonly WiredPump[], hardware: Wiring): HardwareMistake[] {
  const message = 'the driver sim has no pins; leave it out, or take the driver bridge, gpio or gpio-cdev';
  const ofPumps = pumps.flatMap((pump, i) =>
    (['pin', 'sense', 'level', 'flow_meter'] as const).flatMap((name) =>
      pump[name] === undefined ? [] : [{ path: ['pumps', i, name], message }],
    ),
  );
  const others = (['supply', ...contacts, 'load_cell'] as const).flatMap((name) =>
    hardware[name] === undefined ? [] : [{ path: ['hardware', name], message }],
  );
  return [...ofPumps, ...others];
}

function wired(
  pumps: readonly WiredPump[],
  pins: readonly NamedPin[],
  driver: Exclude<Driver, 'sim'>,
): HardwareMistake[] {
  const absent = pumps.flatMap(({ pin }, i) =>
    pin === undefined
      ? [{ path: ['pumps', i, 'pin'], message: `the driver ${driver} needs ${allowedNames[driver]}` }]
      : [],
  );
  const wrong = pins.flatMap(({ path, text, way }) => {
    const message = pinTrouble(text, way, driver);
    return message === null ? [] : [{ path, message }];
  });
  const speeds = pumps.flatMap((pump, i) => speedTrouble(pump, i, driver));
  return [...absent, ...wrong, ...speeds, ...usedTwice(pins)];
}

const allowedNames = {
  bridge: 'a pin of the microcontroller, D2 … D13 or A0 … A5 (D0 and D1 are its serial line)',
  gpio: 'a line of this computer, gpio.N, N being the offset on the chip',
  'gpio-cdev': 'a line of this computer, gpio.N, N being the offset on the chip',
} as const;

const nameOf = (text: string): string => text.split(':')[0] ?? '';

function pinTrouble(text: string, way: NamedPin['way'], driver: Exclude<Driver, 'sim'>): string | null {
  const grammar = driver === 'bridge' ? /^(?:D(?:[2-9]|1[0-3])|A[0-5])$/ : /^gpio\.(?:0|[1-9][0-9]{0,2})$/;
  if (!grammar.test(nameOf(text))) return `with the driver ${driver} it must be ${allowedNames[driver]}`;
  const pull = /:(pu|pd)$/.exec(text)?.[1];
  if (pull === undefined) return null;
  if (way === 'output') return 'an output has no pull; leave :pu or :pd out';
  if (driver === 'gpio') {
    return 'sysfs cannot set a pull; solder a resistor and leave it out, or take the driver gpio-cdev';
  }
  return driver === 'bridge' && pull === 'pd'
    ? 'the microcontroller has pull-ups only; :pu, or a resistor of its own and no pull'
    : null;
}

/** Pins of an ATmega328P that its timers 0 and 2 drive; timer 1, of D9 and D10, times the doses. */
const pwmPins = ['D3', 'D5', 'D6', 'D11'];

function speedTrouble(pump: WiredPump, i: number, driver: Exclude<Driver, 'sim'>): HardwareMistake[] {
  if (pump.flow.length === 1) return [];
  if (driver !== 'bridge') {
    const message = `the driver ${driver} switches pumps on and off only; give one point, or take the driver bridge`;
    return [{ path: ['pumps', i, 'flow'], message }];
  }
  if (pump.pin === undefined || pwmPins.includes(nameOf(pump.pin))) return [];
  const message = `a pump with several flow points needs a pin with PWM: ${pwmPins.join(', ')}; or give one point`;
  return [{ path: ['pumps', i, 'pin'], message }];
}

function ports(pumps: readonly WiredPump[], first: WiredPump): HardwareMistake[] {
  return pumps.flatMap(({ port }, i) => {
    const message = portTrouble(port, first);
    return message === null ? [] : [{ path: ['pumps', i, 'port'], message }];
  });
}

function portTrouble(port: string | undefined, { driver, port: common }: WiredPump): string | null {
  if (driver !== 'bridge') return port === undefined ? null : 'only the driver bridge has a serial port; leave it out';
  if (port === undefined)
    return 'the driver bridge needs the serial port of its microcontroller, as in /dev/decant-bridge';
  return common === undefined || port === common
    ? null
    : `all pumps of a machine hang on one microcontroller; pump 1 of the list has ${common}`;
}

/** Fields that another driver has a use for. */
function onlyElsewhere(pumps: readonly WiredPump[], hardware: Wiring, driver: Driver): HardwareMistake[] {
  const found: HardwareMistake[] = [];
  const refuse = (message: string, ...path: readonly (string | number)[]): void => {
    found.push({ path, message });
  };
  if (driver === 'bridge' || driver === 'sim') {
    if (hardware.chip !== undefined) refuse('only gpio and gpio-cdev have a chip; leave it out', 'hardware', 'chip');
    if (hardware.watchdog !== null) refuse(noWatchdog[driver], 'hardware', 'watchdog');
    return found;
  }
  const late = `the driver ${driver} is timed by this computer, which`;
  for (const [i, { flow_meter }] of pumps.entries()) {
    if (flow_meter !== undefined) {
      refuse(`${late} would lose pulses; leave it out, or take the driver bridge`, 'pumps', i, 'flow_meter');
    }
  }
  if (hardware.load_cell !== undefined) {
    const message = `${late} cannot clock an HX711 evenly; leave it out, or take the driver bridge`;
    refuse(message, 'hardware', 'load_cell');
  }
  if (hardware.watchdog !== null && !hardware.watchdog.startsWith('/dev/watchdog')) {
    refuse('must be a device /dev/watchdog…, or null', 'hardware', 'watchdog');
  }
  return found;
}

const noWatchdog = {
  bridge: 'the microcontroller switches off by itself when the cell dies; null',
  sim: 'the driver sim must not reset this computer; null',
} as const;

function usedTwice(pins: readonly NamedPin[]): HardwareMistake[] {
  const taken = new Map<string, string>();
  return pins.flatMap(({ path, text }) => {
    const name = nameOf(text);
    const other = taken.get(name);
    if (other !== undefined) return [{ path, message: `each pin has one use; ${name} is ${other} already` }];
    taken.set(name, path.join('.'));
    return [];
  });
}

function namedPins(pumps: readonly WiredPump[], hardware: Wiring): NamedPin[] {
  const found: NamedPin[] = [];
  const add = (way: NamedPin['way'], text: string | undefined, ...path: readonly (string | number)[]): void => {
    if (text !== undefined) found.push({ path, text, way });
  };
  for (const [i, pump] of pumps.entries()) {
    add('output', pump.pin, 'pumps', i, 'pin');
    add('input', pump.sense, 'pumps', i, 'sense');
    add('input', pump.level, 'pumps', i, 'level');
    add('input', pump.flow_meter?.pin, 'pumps', i, 'flow_meter', 'pin');
  }
  add('output', hardware.supply, 'hardware', 'supply');
  for (const name of contacts) add('input', hardware[name], 'hardware', name);
  add('input', hardware.load_cell?.data, 'hardware', 'load_cell', 'data');
  add('output', hardware.load_cell?.clock, 'hardware', 'load_cell', 'clock');
  return found;
}
