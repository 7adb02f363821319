import { describe, expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { latencyOf, nothingToCheck, type Probe, runProbe } from './probe.ts';
import type { ProbeBench } from './probe-bench.ts';

const bench = { inSession: (task: (session: Buffer) => unknown) => task(Buffer.alloc(8)) } as unknown as ProbeBench;

/** Answers 0, 1, 3, 6, 10 …: the n-th interval is n. */
function growingClock(): () => number {
  let [now, step] = [0, 0];
  return () => {
    now += step;
    step += 1;
    return now;
  };
}

function run(act: Probe['act'], count = 1) {
  return runProbe({ needs: [], count, act }, bench, growingClock());
}

describe('a probe', () => {
  it('tells its time as that of all it did, or of what was timed', async () => {
    const whole = await run(() => nothingToCheck, 3);
    expect(whole).toEqual({ t: 'yes', latency: { count: 3, medianMs: 3, p95Ms: 5 } });
    const part = await run((_bench, _session, timed) => timed(() => nothingToCheck));
    expect(part).toEqual({ t: 'yes', latency: { count: 1, medianMs: 2, p95Ms: 2 } });
  });

  it.each([
    [new Failure('token/failed', { operation: 'probe', reason: 'CKR_DEVICE_ERROR' }), 'CKR_DEVICE_ERROR'],
    [new Failure('token/removed', { label: 'mixer' }), 'token/removed'],
    [new Error('CKR_VENDOR_DEFINED:27'), 'CKR_ACTION_PROHIBITED'],
    [new Error('the signature is wrong'), 'the signature is wrong'],
  ])('that fails with %s says why', async (error, reason) => {
    const failing = (): never => {
      throw error;
    };
    expect(await run(failing)).toEqual({ t: 'no', reason });
    expect(await run(() => failing)).toEqual({ t: 'no', reason });
  });

  it('has a time even when it was never run', () => {
    expect(latencyOf([])).toEqual({ count: 0, medianMs: 0, p95Ms: 0 });
    expect(latencyOf([3, 1, 2])).toEqual({ count: 3, medianMs: 2, p95Ms: 3 });
  });
});
