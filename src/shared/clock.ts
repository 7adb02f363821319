import type { Instant, Milliseconds } from './units.ts';

/** Business time, always passed in. Physical time of a dose belongs to the dispenser. */
export interface Clock {
  /** Wall time; may jump. For records and expiry only. */
  now(): Instant;
  /** Never falls; for durations. */
  monotonic(): Milliseconds;
  /** Runs `task` once after `delay`; disposing the result before that takes it back. */
  after(delay: Milliseconds, task: () => void): Disposable;
}

/** Resolves after `delay`; rejects with the signal's reason when it is aborted first. */
export function pause(clock: Clock, delay: Milliseconds, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer[Symbol.dispose]();
      reject(signal?.reason as Error);
    };
    const timer = clock.after(delay, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
