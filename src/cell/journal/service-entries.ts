import { z } from 'zod';
import { count } from '#wire/fields.ts';
import { calibrationPoint, cutOff, lineNumber, programName, who } from '#wire/service-api.ts';

/**
 * What technicians do to a machine. Volumes and times here are those of service jobs, which pour no recipe, and may be told; `at` and
 * `measured` are milliseconds since 1970.
 */
export const serviceEntries = [
  /**
   * Stands in place of what machine.yaml says of the line, as long as that names the same ingredient. `measured`: null for what
   * machine.yaml had; `undone`: an earlier calibration was taken back into use.
   */
  z.strictObject({
    kind: z.literal('CALIBRATED'),
    line: lineNumber,
    ingredient: z.string().max(64),
    points: z.array(calibrationPoint).min(1).max(10),
    lag_us: z.int().min(0).max(2_000_000),
    /** Per mille of the points' flow: 1000 when they were measured with the liquid itself. */
    factor: z.int().min(100).max(2000),
    /** Greatest standard deviation of repeated doses, and how many doses there were; 0 when nobody knows. */
    spread_ul: count,
    doses: count,
    measured: count.nullable(),
    undone: z.boolean(),
    who,
    at: count,
  }),
  /** Outputs may be on from here on. `max_ul`, `max_ms`: what the grant of the job allows each line. */
  z.strictObject({
    kind: z.literal('SERVICE_STARTED'),
    job: z.int().min(1),
    program: programName,
    lines: z
      .array(z.strictObject({ line: lineNumber, max_ul: count, max_ms: count }))
      .min(1)
      .max(64),
    who,
    at: count,
  }),
  /**
   * They are off. `lines`: what was executed, computed by the calibration, and what the bottle holds after it where the job drew from
   * it; a line that nothing is known of is not named.
   */
  z.strictObject({
    kind: z.literal('SERVICE_ENDED'),
    job: z.int().min(1),
    result: z.enum(['done', 'stopped', 'failed', cutOff]),
    reason: z.string().max(64),
    lines: z.array(z.strictObject({ line: lineNumber, ul: count, ms: count, stock_ul: count.optional() })).max(64),
    at: count,
  }),
  /** `job`: null when somebody cleaned by hand and says so. */
  z.strictObject({
    kind: z.literal('CLEANED'),
    line: lineNumber,
    product: z.string().max(100),
    lot: z.string().max(100),
    contact_seconds: count,
    rinse_ul: count,
    job: z.int().min(1).nullable(),
    who,
    at: count,
  }),
  z.strictObject({ kind: z.literal('HOSE_REPLACED'), line: lineNumber, who, at: count }),
] as const;
