import { isFailure } from '#shared/failure.ts';
import { type Handle, reasonOf } from '../cryptoki.ts';
import type { ProbeBench } from './probe-bench.ts';
import type { Latency, ProbeName, ProbeResult } from './token-report.ts';

/** Looks whether the answer was right, after the clock was stopped. */
export type Check = () => void;
export const nothingToCheck: Check = () => undefined;

/** One thing that a module is asked to do. */
export interface Probe {
  readonly needs: readonly ProbeName[];
  readonly count: number;
  /** Makes what it needs; not timed. */
  readonly prepare?: (bench: ProbeBench) => void;
  /**
   * Does it once; `session` is the probe's own. Whatever is thrown means: it cannot. The time is that of what `timed` ran, or of
   * all of it.
   */
  readonly act: (bench: ProbeBench, session: Handle, timed: Timed) => Check | Promise<Check>;
}

/** Runs the module's part of a probe. */
export type Timed = <T>(task: () => T) => T;

/** `clock` answers ms from any beginning. */
export async function runProbe(probe: Probe, bench: ProbeBench, clock: () => number): Promise<ProbeResult> {
  try {
    probe.prepare?.(bench);
    const times: number[] = [];
    const timed: Timed = (task) => {
      const before = clock();
      const result = task();
      times.push(clock() - before);
      return result;
    };
    await bench.inSession(async (session) => {
      for (let i = 1; i <= probe.count; i += 1) {
        const before = clock();
        const check = await probe.act(bench, session, timed);
        if (times.length < i) times.push(clock() - before);
        check();
      }
    });
    return { t: 'yes', latency: latencyOf(times) };
  } catch (error) {
    return { t: 'no', reason: reasonIn(error) };
  }
}

export function latencyOf(times: readonly number[]): Latency {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { count: sorted.length, medianMs: at(0.5), p95Ms: at(0.95) };
}

function reasonIn(error: unknown): string {
  if (!isFailure(error)) return reasonOf(error);
  const { reason } = error.facts;
  return typeof reason === 'string' ? reason : error.code;
}
