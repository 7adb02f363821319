import type { BridgeOptions } from '#firmware-bridge/bridge/bridge-options.ts';
import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import type { GpioOptions } from '#firmware-bridge/gpio/gpio-options.ts';
import type { Clock } from '#shared/clock.ts';
import type { Entropy } from '#shared/entropy.ts';
import { Failure, unreachable } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { Stopwatch } from '#shared/stopwatch.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { type Pin, parsePin } from '#wire/pin.ts';
import { simulatedMachine } from './simulated-machine.ts';

export interface OutputPorts {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  /** Of the drivers that time doses by this computer. */
  readonly stopwatch?: Stopwatch | undefined;
}

type Driver = MachineConfig['pumps'][number]['driver'];

/**
 * The outputs by the driver that the configuration names, which all pumps share; nothing is configured yet, and no output is on. A
 * driver is loaded when it is named: a machine without GPIO has no such module to load.
 * @throws Failure as the driver's opening does
 */
export async function openOutputs(config: MachineConfig, ports: OutputPorts): Promise<Dispenser> {
  const driver = config.pumps[0]?.driver ?? 'sim';
  switch (driver) {
    case 'sim':
      return simulatedMachine(config, ports.clock);
    case 'bridge': {
      const { openBridge } = await import('#firmware-bridge/bridge/open-bridge.ts');
      return openBridge(bridgeOptions(config), ports);
    }
    case 'gpio':
    case 'gpio-cdev': {
      const { stopwatch } = ports;
      if (stopwatch === undefined) throw new Failure('dispenser/failed', { reason: 'no stopwatch' });
      const { openGpioDispenser } = await import('#firmware-bridge/gpio/open-gpio.ts');
      return openGpioDispenser(gpioOptions(driver, config), { ...ports, stopwatch });
    }
    default:
      return unreachable(driver);
  }
}

/** What hangs on the microcontroller. */
export function bridgeOptions({ pumps, hardware }: MachineConfig): BridgeOptions {
  const { load_cell: scale } = hardware;
  return {
    port: pumps[0]?.port ?? '',
    baud: hardware.baud,
    pumps: pumps.map(({ channel, pin = '', sense, level, flow_meter, flow }) => ({
      pump: channel,
      pin: parsePin(pin),
      slowable: flow.length > 1,
      sense: pinOf(sense),
      level: pinOf(level),
      meter: pinOf(flow_meter?.pin),
    })),
    supply: pinOf(hardware.supply),
    contacts: contactsOf(hardware),
    ...(scale === undefined ? {} : { scale: scaleOf(scale) }),
  };
}

/** What hangs on this computer. */
export function gpioOptions(driver: Extract<Driver, 'gpio' | 'gpio-cdev'>, config: MachineConfig): GpioOptions {
  const { pumps, hardware } = config;
  return {
    driver,
    chip: hardware.chip,
    pumps: pumps.map(({ channel, pin = '', sense, level }) => ({
      pump: channel,
      pin: parsePin(pin),
      sense: pinOf(sense),
      level: pinOf(level),
    })),
    contacts: contactsOf(hardware),
    supply: pinOf(hardware.supply),
    watchdog: hardware.watchdog,
  };
}

function contactsOf({ glass, door, tray, supply_present, service_key }: MachineConfig['hardware']) {
  return {
    glass: pinOf(glass),
    door: pinOf(door),
    tray: pinOf(tray),
    supply: pinOf(supply_present),
    serviceKey: pinOf(service_key),
  };
}

function scaleOf(scale: NonNullable<MachineConfig['hardware']['load_cell']>): BridgeOptions['scale'] & object {
  const { data, clock, counts_per_g: countsPerG, per_second: perSecond } = scale;
  return { data: parsePin(data), clock: parsePin(clock), countsPerG, perSecond };
}

const pinOf = (text: string | undefined): Pin | undefined => (text === undefined ? undefined : parsePin(text));
