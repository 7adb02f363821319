import { z } from 'zod';
import { greatestFlow } from '#shared/units.ts';
import { machineId, microlitre, sat } from './fields.ts';
import { driverHint, hardwareMistakes, needsByDriver, pinHint } from './hardware-rules.ts';
import { pinPattern } from './pin.ts';

/** Bad days that a simulated machine can be given in its configuration. */
export const simFaultNames = [
  'empty-bottle',
  'stuck-relay',
  'slow-pump',
  'glass-lifted',
  'cable-out',
  'noisy-line',
  'reset',
  'supply-lost',
  'door-opened',
] as const;
export type SimFaultName = (typeof simFaultNames)[number];

/** `machine.yaml`: what a machine is made of. No secret stands in it; what technicians change at run time is journaled. */
const calibrationPoint = z.strictObject({
  /** Drive level in per mille. */
  drive: z.int().min(1).max(1000),
  ul_per_s: z.int().min(1).max(1_000_000),
});

/** One electrical line, as `src/wire/pin.ts` reads it: `gpio.14:low:pu`, `D5:high`. */
const pin = z
  .string()
  .regex(pinPattern, 'must read NAME[:high|:low][:pu|:pd], as in gpio.14:low:pu or D5:high')
  .describe(pinHint);

const hours = z.int().min(1).max(100_000);

/** When a line has to be cleaned, with what and for how long; overdue, that line alone is not sold. */
const cleaning = z.strictObject({
  every_hours: hours,
  product: z.string().min(1).max(100),
  /** How long the product has to stay in the line. */
  contact_seconds: z.int().min(0).max(7200),
  /** What is rinsed through afterwards. */
  rinse_ul: microlitre,
});

const pump = z
  .strictObject({
    line: z.int().min(1).max(64),
    driver: z.enum(['sim', 'bridge', 'gpio', 'gpio-cdev']).describe(driverHint),
    /** Outputs are bits of one 32-bit number. */
    channel: z.int().min(0).max(31),
    /** Of the bridge: its serial port, best one of /dev/serial/by-id. All pumps of a machine hang on one. */
    port: z.string().min(1).max(200).optional(),
    /** The output that drives the pump; `sim` has none. */
    pin: pin.optional(),
    /** An input that is active while the pump really has current: it shows a welded relay. */
    sense: pin.optional(),
    /** An input that is active while the bottle is empty. */
    level: pin.optional(),
    /** A flow meter in the line: its input, and what one pulse carries, nanolitres. */
    flow_meter: z.strictObject({ pin, nl_per_pulse: z.int().min(1).max(100_000_000) }).optional(),
    ingredient: z.string().min(1).max(64),
    bottle_ul: microlitre,
    /** Flow calibration, rising; one point means that the pump cannot be slowed. */
    flow: z.array(calibrationPoint).min(1).max(10),
    /** Viscosity and fizz: per mille of the calibrated flow. */
    liquid_factor: z.int().min(100).max(2000).default(1000),
    /** On-time that carries nothing, as calibrated. */
    lag_us: z.int().min(0).max(2_000_000).default(0),
    max_on_ms: z.int().min(1).max(600_000).default(60_000),
    /** What the running pump draws, counted against `limits.power_mw`. */
    power_mw: z.int().min(0).max(1_000_000).default(0),
    /** Of the liquid: what a scale makes of its volume. */
    density_mg_per_ml: z.int().min(500).max(2000).default(1000),
    /** Between bottle and nozzle: what priming fills and purging empties. */
    dead_volume_ul: microlitre.default(0),
    /** How long a hose lasts; null for no limit. */
    hose: z.strictObject({ hours: hours.nullable(), ml: z.int().min(1).max(10_000_000).nullable() }).optional(),
    /** In place of the machine's. */
    cleaning: cleaning.optional(),
    /** A calibration older than this takes the line out of sale; null for never. */
    calibration_days: z.int().min(1).max(3650).nullable().default(null),
  })
  .meta(needsByDriver);

/** What pumps and contacts hang on; a contact that is not named is not fitted. */
const hardware = z.strictObject({
  /** Of `gpio` and `gpio-cdev`: the label of the chip; without it the one of a Raspberry Pi is looked for. */
  chip: z.string().min(1).max(64).optional(),
  /** Of `bridge`. */
  baud: z.union([z.literal(115_200), z.literal(250_000), z.literal(500_000)]).default(250_000),
  /** Switches the supply of all pumps, after each output was read back inactive. */
  supply: pin.optional(),
  /** Inputs that are active while all is well. */
  glass: pin.optional(),
  door: pin.optional(),
  tray: pin.optional(),
  supply_present: pin.optional(),
  service_key: pin.optional(),
  /** HX711 below the glass. */
  load_cell: z
    .strictObject({
      data: pin,
      clock: pin,
      /** Change of the reading for one gram more; negative where it falls. */
      counts_per_g: z
        .int()
        .min(-1_000_000)
        .max(1_000_000)
        .refine((counts) => counts !== 0, 'must not be 0: by such a scale nothing weighs anything')
        .meta({ not: { const: 0 } }),
      per_second: z.union([z.literal(10), z.literal(80)]).default(80),
      /** Whether a dose that pours alone ends by its weight, in place of by its time. */
      doses_by_weight: z.boolean().default(false),
    })
    .optional(),
  /** Of `gpio` and `gpio-cdev`: the device that resets the computer when the cell dies; null for none. */
  watchdog: z.string().min(1).max(200).nullable().default(null),
});

export const machineConfig = z
  .strictObject({
    machine: z.strictObject({
      id: machineId,
      name: z.string().min(1).max(200),
      class: z.literal('beverage'),
    }),
    token: z.strictObject({
      /** Path of the PKCS#11 module, or `auto`. */
      module: z.string().max(500).default('auto'),
      label: z.string().min(1).max(32),
      /** A soft token's keys can be copied with its files; outside a demo this must be said out loud. */
      allow_soft_token: z.boolean().default(false),
      prekey_bits: z.union([z.literal(2048), z.literal(3072)]).default(3072),
      prekey_pool: z
        .strictObject({ low: z.int().min(1).max(16), batch: z.int().min(1).max(16) })
        .default({ low: 8, batch: 8 }),
    }),
    limits: z.strictObject({
      glass_ul: microlitre,
      /** The smallest dose that the pumps pour well enough, and the error to expect of any dose. */
      min_dose_ul: microlitre,
      dose_error_ul: microlitre.default(500),
      /** Whether drinks with alcohol are sold; off unless the site's staff hands them over. */
      alcohol: z.boolean().default(false),
      pumps_at_once: z.int().min(1).max(64),
      /** What all running pumps may draw together; null for no limit. */
      power_mw: z.int().min(1).max(10_000_000).nullable().default(null),
      orders_per_hour: z.int().min(1).max(10_000),
      licence_sat_per_day: sat,
      /** Doses below this run slower where the pump can. */
      small_dose_ul: microlitre.default(20_000),
      drip_wait_ms: z.int().min(0).max(60_000).default(1500),
      /** An output stays on this long without a word from the cell. */
      lease_ms: z.int().min(50).max(5000).default(250),
      /** How long a glass may be away in a pour before the rest is given up. */
      held_ms: z.int().min(1000).max(600_000).default(30_000),
    }),
    pumps: z.array(pump).min(1).max(64),
    hardware: hardware.prefault({}),
    /** Of every line that names none of its own; null for no plan. */
    cleaning: cleaning.nullable().default(null),
    simulation: z
      .strictObject({
        seed: z.int().min(0),
        speed: z.int().min(1).max(1000),
        noise: z.boolean(),
        /** Bad days of the simulated machine, from its start on. */
        faults: z.array(z.enum(simFaultNames)).optional(),
      })
      .default({ seed: 1, speed: 1, noise: true }),
    desk: z.strictObject({
      listen: z.string().max(64).default('127.0.0.1'),
      port: z.int().min(1).max(65_535),
      /** Added to the licence for liquid and work. */
      margin_sat: sat,
      demo_wallet: z.url().max(200).nullable().default(null),
    }),
    marketplace: z.strictObject({
      url: z.url().max(200),
      broker: z.url().max(200),
      /** MQTT 5, or 3.1.1 (4) for the embedded demo broker. */
      mqtt: z.union([z.literal(4), z.literal(5)]).default(5),
      /** PEM file of the marketplace's CA, beside this file unless absolute. */
      ca: z.string().max(500),
    }),
    payment: z.strictObject({
      network: z.enum(['regtest', 'bcoin-regtest', 'signet', 'testnet4', 'mainnet']),
      mainnet: z.boolean().default(false),
      /** Watch-only account: wpkh([fingerprint/84h/1h/0h]tpub…/0/*). */
      descriptor: z.string().max(300),
      esplora: z.url().max(200),
      confirmations: z.int().min(0).max(100).default(1),
      /** How long an invoice may be paid, and how much later a payment that was on its way still counts. */
      invoice_seconds: z.int().min(1).max(86_400).default(900),
      grace_seconds: z.int().min(0).max(3600).default(30),
      /** Between two looks at an invoice that someone waits for, and at one that is settled or over. */
      poll_ms: z.int().min(50).max(600_000).default(2000),
      slow_poll_ms: z.int().min(50).max(3_600_000).default(60_000),
    }),
  })
  .superRefine((config, context) => {
    refuseDoubles(config.pumps, 'line', context);
    refuseDoubles(config.pumps, 'channel', context);
    for (const { path, message } of hardwareMistakes(config.pumps, config.hardware)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
    refuseThirsty(config, context);
    refuseHaste(config, context);
    for (const [i, pump] of config.pumps.entries()) {
      const message = flowTrouble(pump);
      if (message !== null) context.addIssue({ code: 'custom', path: ['pumps', i, 'flow'], message });
    }
  });

/** A calibration that no flow could be planned by. */
function flowTrouble({ flow, liquid_factor: factor }: Pick<MachineConfig['pumps'][number], 'flow' | 'liquid_factor'>) {
  const rises = (values: readonly number[]): boolean => values.every((one, k) => k === 0 || (values[k - 1] ?? 0) < one);
  const measured = flow.map((point) => point.ul_per_s);
  // said already, of the point itself
  if (measured.some((ulPerS) => ulPerS < 1)) return null;
  if (!rises(flow.map((point) => point.drive)) || !rises(measured)) {
    return 'drive and flow must rise from point to point';
  }
  const real = measured.map((ulPerS) => Math.round((ulPerS * factor) / 1000));
  const isPlanned = rises(real) && real.every((ulPerS) => ulPerS >= 1 && ulPerS <= greatestFlow);
  return isPlanned
    ? null
    : `by its liquid_factor ${factor} the flow would be ${real.join(', ')} µl/s; it must be 1 to ${greatestFlow}, and rise`;
}

/** A pump that alone draws more than all may together could never run. */
function refuseThirsty({ pumps, limits }: Pick<MachineConfig, 'pumps' | 'limits'>, context: z.RefinementCtx): void {
  const most = limits.power_mw ?? Number.POSITIVE_INFINITY;
  for (const [i, { power_mw }] of pumps.entries()) {
    if (power_mw <= most) continue;
    const message = `must not be above limits.power_mw, which is ${most}`;
    context.addIssue({ code: 'custom', path: ['pumps', i, 'power_mw'], message });
  }
}

/** Only a model runs faster than the clock: by its speed contact times and what is told of a drink are reckoned, too. */
function refuseHaste(
  { pumps, simulation }: Pick<MachineConfig, 'pumps' | 'simulation'>,
  context: z.RefinementCtx,
): void {
  if (simulation.speed === 1 || pumps.every(({ driver }) => driver === 'sim')) return;
  const message = 'only the driver sim has a speed; leave it out';
  context.addIssue({ code: 'custom', path: ['simulation', 'speed'], message });
}

function refuseDoubles<P>(pumps: readonly P[], key: keyof P & string, context: z.RefinementCtx): void {
  const seen = new Map<unknown, number>();
  for (const [i, one] of pumps.entries()) {
    const before = seen.get(one[key]);
    if (before !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['pumps', i, key],
        message: `must be unique; pump ${before + 1} of the list has it already`,
      });
    }
    seen.set(one[key], i);
  }
}

export type MachineConfig = z.output<typeof machineConfig>;
export type MachineConfigSource = z.input<typeof machineConfig>;
