import { z } from 'zod';
import { count, microlitre } from './fields.ts';

/**
 * What a technician may ask of the cell to keep the machine: service jobs, calibration, cleaning book, hoses, waste. Volumes are µl,
 * times milliseconds; points in time milliseconds since 1970. Nothing here can name a recipe.
 */
export const lineNumber = z.int().min(1).max(64);
/** What people type: it is printed at other people's terminals, where control characters would be commands. */
const typed = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^\P{Cc}*$/u, 'must not contain control characters');
export const who = typed(64).min(1);

/** Flow at one drive, 1 … 1000 permille. */
export const calibrationPoint = z.strictObject({
  drive: z.int().min(1).max(1000),
  ul_per_s: z.int().min(1).max(1_000_000),
});

/**
 * `test` runs a pump for a moment; `prime` fills a line, or runs until it is stopped; `purge` empties it; `rinse` flushes it;
 * `clean` brings the product in, lets it act and rinses; `measure` is one dose for the scale.
 */
export const programNames = ['test', 'prime', 'purge', 'rinse', 'clean', 'measure'] as const;
export const programName = z.enum(programNames);
export type ProgramName = (typeof programNames)[number];

/** Result of a job that the machine's power ended. */
export const cutOff = 'cut-off';

const lines = z.array(lineNumber).min(1).max(64);

/** A service job. It ends when the connection that asked for it closes. */
const serviceJob = z.strictObject({
  program: programName,
  lines,
  who,
  /** Of each line; without it what the program takes from machine.yaml. */
  ul: microlitre.min(1).optional(),
  /** Of `prime`: until somebody stops it. */
  hold: z.boolean().optional(),
  /** Of `measure`: 1 … 1000 permille; else full. */
  drive: z.int().min(1).max(1000).optional(),
  /** Of `clean`, in place of machine.yaml: what, how long, and how much water after it. */
  product: typed(100).min(1).optional(),
  lot: typed(100).optional(),
  contact_seconds: z.int().min(0).max(7200).optional(),
  rinse_ul: microlitre.optional(),
  /** Of `clean`: waits for `service_continue` before it rinses, so that somebody may change the container. */
  swap: z.boolean().optional(),
});
export type ServiceJobRequest = z.infer<typeof serviceJob>;

/** What a line did in a job, computed from executed on-times. */
const moved = z.strictObject({ line: lineNumber, ul: count, ms: count });

const jobResult = z.strictObject({
  job: z.int().min(1),
  result: z.enum(['done', 'stopped', 'failed']),
  /** Empty when `done`. */
  reason: z.string().max(64),
  lines: z.array(moved).max(64),
  /** Lines that stand in the cleaning book now. */
  cleaned: z.array(lineNumber).max(64),
});
export type ServiceJobResult = z.infer<typeof jobResult>;

/** What the scale or the measuring glass showed of the dose of one job; of a weight the line's density makes a volume. */
const weighedDose = z.union([
  z.strictObject({ job: z.int().min(1), ul: microlitre }),
  z.strictObject({ job: z.int().min(1), mg: microlitre }),
]);
export type WeighedDose = z.infer<typeof weighedDose>;

const curve = z.strictObject({
  points: z.array(calibrationPoint).min(1).max(10),
  lag_us: count,
  /** Per mille. */
  factor: count,
  /** When it was measured; null for what machine.yaml has. */
  measured: count.nullable(),
  /** Greatest standard deviation of repeated doses; null when nobody knows. */
  spread_ul: count.nullable(),
});
export type CurveView = z.infer<typeof curve>;

const calibrated = z.strictObject({
  line: lineNumber,
  old: curve,
  new: curve,
  /** Repeated doses: mean and standard deviation of each drive and length. */
  doses: z
    .array(z.strictObject({ drive: count, doses: count, mean_ul: count, spread_ul: count, spread_permille: count }))
    .max(32),
});
export type CalibrationAnswer = z.infer<typeof calibrated>;

const cleaning = z.strictObject({
  /** Number of its entry in the journal. */
  entry: count,
  line: lineNumber,
  ingredient: z.string().max(64),
  product: z.string().max(100),
  lot: z.string().max(100),
  contact_seconds: count,
  rinse_ul: count,
  by_hand: z.boolean(),
  who: z.string().max(64),
  at: count,
});
export type CleaningView = z.infer<typeof cleaning>;

/** Use of a hose since it was put in. Of drinks it is counted by what their recipes publish, of service jobs exactly. */
export const hoseView = z.strictObject({
  /** Null when nobody entered it. */
  replaced: count.nullable(),
  ul: count,
  ms: count,
  max_ul: count.nullable(),
  max_ms: count.nullable(),
  /** When it will be worn at the pace since then; null when that cannot be told. */
  due: count.nullable(),
});
export type HoseView = z.infer<typeof hoseView>;

const waste = z.strictObject({
  lines: z
    .array(z.strictObject({ line: lineNumber, ingredient: z.string().max(64), program: programName, ul: count }))
    .max(512),
  /** Drinks that were cut short, by their published total. */
  drinks: z.strictObject({ count, ul: count }),
});
export type WasteView = z.infer<typeof waste>;

const empty = z.strictObject({});

export const serviceJobOperations = {
  /** Answers when the job is over; tells `progress` meanwhile. */
  service_run: { request: serviceJob, answer: jobResult },
  /** Ends the job that runs, at once; `stopped` false when there is none. */
  service_stop: { request: empty, answer: z.strictObject({ stopped: z.boolean() }) },
  /** The container is changed: a `clean` that waits goes on, unless a door is open. */
  service_continue: { request: empty, answer: z.strictObject({ continued: z.boolean() }) },
  /**
   * A curve from doses that this machine measured since it started, by the number of their job, with what the scale showed.
   * `water`: the doses were water, and the line's factor stays. Nothing is changed with `dry_run`.
   */
  calibrate: {
    request: z.strictObject({
      line: lineNumber,
      doses: z.array(weighedDose).min(1).max(96),
      water: z.boolean(),
      dry_run: z.boolean(),
      who,
    }),
    answer: calibrated,
  },
  /** How the line is calibrated, and how it was before; `before` null where nothing was written down. */
  calibration: {
    request: z.strictObject({ line: lineNumber }),
    answer: z.strictObject({ line: lineNumber, now: curve, before: curve.nullable() }),
  },
  /** Takes the calibration before this one back into use. */
  calibrate_undo: { request: z.strictObject({ line: lineNumber, who }), answer: calibrated },
  /** A line was cleaned without the machine's help. */
  cleaned_by_hand: {
    request: z.strictObject({
      line: lineNumber,
      product: typed(100).min(1),
      lot: typed(100),
      contact_seconds: z.int().min(0).max(86_400),
      rinse_ul: microlitre,
      who,
    }),
    answer: empty,
  },
  /** The cleaning book after that entry of the journal, the oldest first. */
  cleaning_book: {
    request: z.strictObject({ after: count }),
    answer: z.strictObject({ cleanings: z.array(cleaning).max(256), more: z.boolean() }),
  },
  hose_replaced: { request: z.strictObject({ line: lineNumber, who }), answer: empty },
  waste: { request: empty, answer: waste },
} as const;

/** What the cell tells whoever asked for a service job, on that connection. */
export const serviceEvents = {
  progress: z.strictObject({
    job: z.int().min(1),
    /** `swap`: the container is to be changed (`service_continue`). */
    phase: z.enum(['flow', 'product', 'contact', 'swap', 'rinse']),
    lines,
    percent: z.int().min(0).max(100),
  }),
} as const;
export type ServiceProgress = z.infer<(typeof serviceEvents)['progress']>;
