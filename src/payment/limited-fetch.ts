import type { Clock } from '#shared/clock.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { type Milliseconds, milliseconds } from '#shared/units.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface FetchLimits {
  /** From the request's start to the last byte of the answer. */
  readonly time: Milliseconds;
  /** Largest answer in bytes. */
  readonly size: number;
}

export const usualLimits: FetchLimits = { time: milliseconds(10_000), size: 8 << 20 };

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * One HTTP exchange within limits; redirects are not followed.
 * @throws Failure `payment/unknown` with a reason when there is no complete answer.
 */
export async function limitedFetch(
  fetch: Fetch,
  clock: Clock,
  limits: FetchLimits,
  url: string,
  init: RequestInit = {},
): Promise<Answer> {
  const stop = new AbortController();
  using _ = clock.after(limits.time, () => stop.abort(unknown('no answer in time')));
  try {
    const response = await fetch(url, { ...init, redirect: 'error', signal: stop.signal });
    return { status: response.status, text: await readText(response, limits.size) };
  } catch (error) {
    if (stop.signal.aborted) throw stop.signal.reason;
    throw isFailure(error) ? error : unknown('unreachable', error);
  }
}

async function readText(response: Response, size: number): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let taken = 0;
  for await (const part of response.body) {
    taken += part.length;
    if (taken > size) throw unknown('answer too large');
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

/** The failure of a look-up: nothing is known now, which never means that nothing was paid. */
export function unknown(reason: string, cause?: unknown): Failure {
  return new Failure('payment/unknown', { reason }, cause);
}
