import type { Clock } from '#shared/clock.ts';

export interface RateLimit {
  /** Requests that a client may send at once. */
  readonly burst: number;
  /** Requests each second that it may go on with. */
  readonly perSecond: number;
}

export const usualRateLimit: RateLimit = { burst: 200, perSecond: 50 };

interface Bucket {
  readonly left: number;
  readonly at: number;
}

/** A token bucket for each client; forgets whoever has been quiet long enough for a full one. */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: RateLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Whether `client` may send one more request now. */
  admits(client: string): boolean {
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(client) ?? { left: this.#limit.burst, at: now };
    const left = this.#refilled(bucket, now);
    this.#buckets.delete(client);
    this.#forget(now);
    // the map keeps the order of insertion: whoever asked last stands last
    this.#buckets.set(client, { left: left < 1 ? left : left - 1, at: now });
    return left >= 1;
  }

  #refilled({ left, at }: Bucket, now: number): number {
    return Math.min(this.#limit.burst, left + ((now - at) * this.#limit.perSecond) / 1000);
  }

  #forget(now: number): void {
    for (const [client, bucket] of this.#buckets) {
      if (this.#refilled(bucket, now) < this.#limit.burst) return;
      this.#buckets.delete(client);
    }
  }
}
