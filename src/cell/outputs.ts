import type { BridgeOptions } from '#firmware-bridge/bridge/bridge-options.ts';
import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import type { Clock } from '#shared/clock.ts';
import type { Entropy } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { type Pin, parsePin } from '#wire/pin.ts';
import { openDispenser } from './machine-model.ts';

export interface OutputPorts {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
}

/**
 * The outputs by the driver that the configuration names; nothing is configured yet, and no output is on. A driver is loaded
 * when it is named: a machine without GPIO has no such module to load.
 * @throws Failure `dispenser/failed`, and what the driver's opening throws
 */
export async function openOutputs(config: MachineConfig, ports: OutputPorts): Promise<Dispenser> {
  const driver = config.pumps[0]?.driver ?? 'sim';
  switch (driver) {
    case 'sim':
      return openDispenser(config, ports.clock);
    case 'bridge': {
      const { openBridge } = await import('#firmware-bridge/bridge/open-bridge.ts');
      return openBridge(bridgeOptions(config), ports);
    }
    default:
      throw new Failure('dispenser/failed', { reason: `no driver ${driver}` });
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
    contacts: {
      glass: pinOf(hardware.glass),
      door: pinOf(hardware.door),
      tray: pinOf(hardware.tray),
      supply: pinOf(hardware.supply_present),
      serviceKey: pinOf(hardware.service_key),
    },
    ...(scale === undefined
      ? {}
      : {
          scale: {
            data: parsePin(scale.data),
            clock: parsePin(scale.clock),
            countsPerG: scale.counts_per_g,
            perSecond: scale.per_second,
          },
        }),
  };
}

const pinOf = (text: string | undefined): Pin | undefined => (text === undefined ? undefined : parsePin(text));
