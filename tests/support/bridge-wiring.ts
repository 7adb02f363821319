import type { BridgeOptions, BridgePin } from '#firmware-bridge/bridge/bridge-options.ts';
import type { PumpLimits } from '#firmware-bridge/dispenser.ts';
import { microlitres, microlitresPerSecond, milliseconds } from '#shared/units.ts';

const output = (name: string): BridgePin => ({ name, active: 'high', pull: 'none' });
const input = (name: string): BridgePin => ({ name, active: 'low', pull: 'up' });

/** Where pumps 0, 1 and 31 hang, by number of the pin. */
export const pinOf = { 0: 4, 1: 6, 31: 8, supply: 2 } as const;

/** The same with a level switch and a flow meter at pump 0, current sense at pump 1, and a scale. */
export function benchWithSensors(port: string): BridgeOptions {
  const plain = benchOptions(port);
  const [first, second] = plain.pumps;
  if (first === undefined || second === undefined) throw new Error('two pumps');
  return {
    ...plain,
    pumps: [
      { ...first, level: input('D9'), meter: input('D3') },
      { ...second, sense: { ...input('D10'), active: 'high', pull: 'none' } },
    ],
    scale: { data: { ...input('D11'), pull: 'none' }, clock: output('D12'), countsPerG: -420, perSecond: 80 },
  };
}

/** Three pumps, a supply, a glass and a door at the pins of an Arduino Uno. */
export function benchOptions(port: string): BridgeOptions {
  return {
    port,
    baud: 250_000,
    pumps: [
      { pump: 0, pin: output('D4'), slowable: false },
      { pump: 1, pin: output('D6'), slowable: true },
      { pump: 31, pin: output('D8'), slowable: false },
    ],
    supply: output('D2'),
    contacts: { glass: input('D7'), door: input('A0') },
  };
}

/** Pumps 0 and 1: at most 5 s and 40 ml in a job, 10 ml/s. */
export const benchLimits: readonly PumpLimits[] = [0, 1].map((pump) => ({
  pump,
  maxOn: milliseconds(5_000),
  maxVolume: microlitres(40_000),
  maxFlow: microlitresPerSecond(10_000),
}));
