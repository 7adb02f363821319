import type { Ticks } from './ticks.ts';

/** What is known about the clock of the far end. */
export interface FarClock {
  /** Far time as it was told last, ticks since the session began plus where its counter stood then. */
  readonly ticks: number;
  /** Far time less host time, µs, at the newest reading that counted. */
  readonly offsetUs: number;
  /** The offset is right to this, µs: half a round trip, and the ms in which the host counts. */
  readonly withinUs: number;
  /** How much faster the far clock runs, parts per million, and how far that may be off; null until seconds have passed. */
  readonly drift: { readonly ppm: number; readonly withinPpm: number } | null;
  /** The quickest round trip of late, ms. */
  readonly roundTripMs: number;
}

interface Reading {
  readonly hostMs: number;
  readonly farUs: number;
  readonly tripMs: number;
}

/** Readings of so long ago count no more when the quickest of late is sought. */
const windowMs = 10_000;
const leastBaseMs = 5_000;
const wrap = 2 ** 32;

/**
 * Compares the far end's clock with the host's: each answer that tells its time was given within its round trip, so the quickest one
 * tells most (as in NTP, RFC 5905 §10). Times of clocks are no amounts.
 */
export class ClockSync {
  readonly #ticks: Ticks;
  /** Far time of the newest reading, ticks, with the turns of its 32-bit counter. */
  #farTicks: number | null = null;
  #first: Reading | null = null;
  #best: Reading | null = null;

  constructor(ticks: Ticks) {
    this.#ticks = ticks;
  }

  /** An answer came at `receivedMs` to what was sent at `sentMs`, and told the time `now`, ticks modulo 2^32. */
  take(sentMs: number, receivedMs: number, now: number): void {
    const before = this.#farTicks ?? now;
    this.#farTicks = before + ((now - before + wrap) % wrap);
    const tripMs = receivedMs - sentMs;
    const reading = { hostMs: sentMs + tripMs / 2, farUs: (this.#farTicks * this.#ticks.ns) / 1000, tripMs };
    this.#first ??= reading;
    const isOld = this.#best !== null && reading.hostMs - this.#best.hostMs > windowMs;
    if (this.#best === null || isOld || tripMs <= this.#best.tripMs) this.#best = reading;
  }

  /** Null before the first reading. */
  get far(): FarClock | null {
    const best = this.#best;
    const first = this.#first;
    if (best === null || first === null) return null;
    return {
      ticks: this.#farTicks ?? 0,
      offsetUs: Math.round(best.farUs - best.hostMs * 1000),
      withinUs: errorUs(best),
      drift: driftBetween(first, best),
      roundTripMs: best.tripMs,
    };
  }
}

function errorUs({ tripMs }: Reading): number {
  return (tripMs / 2 + 1) * 1000;
}

function driftBetween(first: Reading, last: Reading): FarClock['drift'] {
  const baseMs = last.hostMs - first.hostMs;
  if (baseMs < leastBaseMs) return null;
  const gainedUs = last.farUs - first.farUs - baseMs * 1000;
  return {
    ppm: Math.round((gainedUs / baseMs) * 1000),
    withinPpm: Math.ceil(((errorUs(first) + errorUs(last)) / baseMs) * 1000),
  };
}
