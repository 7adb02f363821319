import { stringify } from 'yaml';
import { machineConfig, type MachineConfigSource, type SimFaultName } from '#wire/machine-config.ts';

export interface DemoMachine {
  readonly id: string;
  readonly name: string;
  readonly seed: number;
  /** How many times faster than a real machine the simulated one pours. */
  readonly speed: number;
  readonly noise: boolean;
  readonly faults?: readonly SimFaultName[];
  readonly alcohol: boolean;
  readonly port: number;
  readonly marketplace: {
    readonly url: string;
    readonly broker: string;
    readonly mqtt: 4 | 5;
    readonly caFile: string;
  };
  readonly payment: { readonly descriptor: string; readonly esplora: string };
  readonly wallet: string;
}

const ingredients = [
  'orange-juice',
  'pineapple-juice',
  'cranberry-juice',
  'lime-juice',
  'sugar-syrup',
  'grenadine',
  'coconut-milk',
  'ginger-beer',
  'sparkling-water',
  'cold-brew',
  'milk',
  'mango-nectar',
];

/** Flow of a small diaphragm pump at three drive levels, a little different from pump to pump. */
const flow = (line: number): { drive: number; ul_per_s: number }[] => [
  { drive: 400, ul_per_s: 3_000 + 40 * line },
  { drive: 700, ul_per_s: 5_200 + 60 * line },
  { drive: 1000, ul_per_s: 7_600 + 80 * line },
];

/** The demo machine's `machine.yaml`: twelve simulated pumps. */
export function demoMachineYaml(machine: DemoMachine): string {
  const { marketplace, payment } = machine;
  const config: MachineConfigSource = {
    machine: { id: machine.id, name: machine.name, class: 'beverage' },
    token: {
      label: 'machine',
      allow_soft_token: true,
      prekey_bits: 2048,
      prekey_pool: { low: 8, batch: 8 },
    },
    limits: {
      glass_ul: 400_000,
      min_dose_ul: 5_000,
      alcohol: machine.alcohol,
      pumps_at_once: 6,
      orders_per_hour: 240,
      licence_sat_per_day: 1_000_000,
    },
    pumps: ingredients.map((ingredient, i) => ({
      line: i + 1,
      driver: 'sim',
      channel: i,
      ingredient,
      bottle_ul: 5_000_000,
      flow: flow(i),
      lag_us: 30_000,
    })),
    simulation: {
      seed: machine.seed,
      speed: machine.speed,
      noise: machine.noise,
      ...(machine.faults !== undefined && machine.faults.length > 0 && { faults: [...machine.faults] }),
    },
    desk: { port: machine.port, margin_sat: 450, demo_wallet: machine.wallet },
    marketplace: { url: marketplace.url, broker: marketplace.broker, mqtt: marketplace.mqtt, ca: marketplace.caFile },
    payment: {
      network: 'bcoin-regtest',
      descriptor: payment.descriptor,
      esplora: payment.esplora,
      confirmations: 1,
      poll_ms: 200,
    },
  };
  machineConfig.parse(config);
  return `# Written by the demonstration at each start.\n${stringify(config)}`;
}
