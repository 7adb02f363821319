import type { Clock } from '#shared/clock.ts';
import { type Entropy, sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { type Instant, instant } from '#shared/units.ts';
import { decodeCbor } from '#wire/cbor.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import { messages, type Payload } from '#wire/messages.ts';
import { openMessage } from '#wire/signed-message.ts';
import type { Books } from './books.ts';
import type { Identity } from './identity.ts';
import { builtAt } from './software.ts';

/**
 * Why the time is not trusted: no signed TIME was ever had; the computer's clock is more than 120 s before what it must be at
 * least; more than an hour ahead of the last TIME and the uptime since; or no TIME came for 7 days.
 */
export type Doubt = 'never' | 'behind' | 'ahead' | 'stale';

/** The time as licences, offers and certificates are judged by it. */
export interface TimeView {
  /** The best that is known. */
  now(): Instant;
  /** What it is at least, whatever the computer's clock says. */
  atLeast(): Instant;
  /** Null while the time is trusted. */
  doubt(): Doubt | null;
}

export interface TimePorts {
  readonly books: Books;
  readonly identity: Pick<Identity, 'machine' | 'anchors'>;
  /** The computer's own clock. */
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
}

export const timeLimits = {
  /** Longest round trip of nonce and TIME. */
  roundTripMs: 10_000,
  behindMs: 120_000,
  aheadMs: 3_600_000,
  staleMs: 7 * 24 * 3_600_000,
  /** How old a TIME may be before the next is asked for. */
  refreshMs: 3_600_000,
} as const;

/**
 * licence.md, "Time": the last signed TIME and the monotonic time since; after a restart the computer's clock, but never
 * before the last signed TIME (or the date of this software). What the clock shows is never written down as a floor.
 */
export class TrustedTime implements TimeView {
  readonly #ports: TimePorts;
  /** A time that has surely passed when the monotonic clock showed `mono`. */
  #floor: { readonly time: number; readonly mono: number };
  /** Whether the floor is a TIME that this process asked for. */
  #isLive = false;
  #asked: { readonly nonce: Uint8Array; readonly mono: number } | null = null;

  constructor(ports: TimePorts) {
    this.#ports = ports;
    this.#floor = { time: Math.max(ports.books.ledger.time ?? 0, builtAt), mono: ports.clock.monotonic() };
  }

  now(): Instant {
    const least = this.atLeast();
    return this.#isLive ? least : instant(Math.max(this.#ports.clock.now(), least));
  }

  atLeast(): Instant {
    return instant(Math.floor(this.#floor.time + this.#ports.clock.monotonic() - this.#floor.mono));
  }

  doubt(): Doubt | null {
    const { books, clock } = this.#ports;
    const signed = books.ledger.time;
    if (signed === null) return 'never';
    const least = this.atLeast();
    const shown = clock.now();
    if (shown < least - timeLimits.behindMs) return 'behind';
    if (shown > least + timeLimits.aheadMs) return 'ahead';
    return this.now() > signed + timeLimits.staleMs ? 'stale' : null;
  }

  /** A fresh nonce for TIME; null while the last TIME will do. */
  nonce(): Uint8Array | null {
    const { clock, entropy } = this.#ports;
    const mono = clock.monotonic();
    if (this.#isLive && this.doubt() === null && mono - this.#floor.mono < timeLimits.refreshMs) return null;
    const nonce = entropy.bytes(16);
    this.#asked = { nonce, mono };
    return nonce;
  }

  /**
   * Takes the answer to the nonce and writes it down. Its signer's certificate is judged at the time that it names: the
   * computer's clock, which may be wrong by years, has no say in what corrects it.
   * @throws Failure `message/malformed`, `message/too-large`, `message/not-authentic`, `time/nonce-mismatch`,
   * `time/too-slow`, `time/older`, `disk/failed`
   */
  async take(bytes: Uint8Array): Promise<void> {
    const { books, identity, clock, log } = this.#ports;
    const asked = this.#asked;
    this.#asked = null;
    const mono = clock.monotonic();
    const { payload } = openMessage('TIME', bytes, identity.anchors, instant(peekTime(bytes).time));
    if (payload.machine !== identity.machine || asked === null || !sameBytes(asked.nonce, payload.nonce)) {
      throw new Failure('time/nonce-mismatch');
    }
    const took = Math.round(mono - asked.mono);
    if (took > timeLimits.roundTripMs) throw new Failure('time/too-slow', { ms: took });
    const last = Math.max(books.ledger.time ?? 0, builtAt);
    if (payload.time < last) throw new Failure('time/older', { told: payload.time, last });
    const shown = clock.now();
    await books.append({ kind: 'TIME', time: payload.time, at: shown });
    this.#floor = { time: payload.time, mono };
    this.#isLive = true;
    const doubt = this.doubt();
    if (doubt === null) log.info('time taken', { ahead_ms: shown - payload.time });
    else log.warn('the computer’s clock is wrong', { doubt, ahead_ms: shown - payload.time, code: 'time/untrusted' });
  }

  /** A clock for all that judges and writes down by trusted time. */
  asClock(): Clock {
    const { clock } = this.#ports;
    return {
      now: () => this.now(),
      monotonic: () => clock.monotonic(),
      after: (delay, task) => clock.after(delay, task),
    };
  }
}

/** What a TIME says, not verified. */
function peekTime(bytes: Uint8Array): Payload<'TIME'> {
  const { schema, maxBytes } = messages.TIME;
  const parsed = schema.safeParse(decodeCbor(decodeSign1(bytes, maxBytes).payload, maxBytes));
  if (!parsed.success) throw new Failure('message/malformed', { reason: 'not a TIME' });
  return parsed.data;
}
