import { hex, sameBytes } from '#shared/entropy.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import type { FarEnd } from './far-end.ts';
import type { UseEvidence } from './evidence.ts';

/** What desk, licensing and the guest's glass know of a machine: none of it is lost with the machine's power. */
export class Outside {
  /** The order that a guest has paid for. */
  readonly order: string;
  /** Signed outcomes that were told, by kid. */
  readonly claims = new Map<string, Uint8Array>();
  /** Kids of licences that the cell said it stored. */
  readonly stored = new Set<string>();
  /** Kids of uses of which the cell said that they are burned. */
  readonly burned = new Set<string>();
  /** Kids of outcomes of which the cell said that it knows licensing's answer. */
  readonly booked = new Set<string>();
  /** µl by kid. */
  readonly glass = new Map<string, number>();
  readonly #farEnd: FarEnd;
  #pouring: string | null = null;
  #weighed = 0;

  constructor(order: string, farEnd: FarEnd) {
    this.order = order;
    this.#farEnd = farEnd;
  }

  /** What flowed since is of the use that was begun before. */
  weigh(): void {
    const { poured } = this.#farEnd;
    const flowed = poured - this.#weighed;
    this.#weighed = poured;
    if (flowed === 0) return;
    if (this.#pouring === null) throw new Error(`${flowed} µl flowed and no drink was begun`);
    this.glass.set(this.#pouring, this.glassOf(this.#pouring) + flowed);
  }

  glassOf(kid: string): number {
    return this.glass.get(kid) ?? 0;
  }

  /** A use is begun: what flows from here on is of this one. */
  begins(kid: string): void {
    this.weigh();
    if (this.glassOf(kid) > 0) throw new Error(`${kid} is poured a second time`);
    this.#pouring = kid;
  }

  /** @throws Error when another outcome of the same use was told before */
  takeClaim(kid: string, message: Uint8Array): 'USAGE' | 'VOID_CLAIM' {
    const before = this.claims.get(kid);
    if (before !== undefined && !sameBytes(before, message)) throw new Error(`two outcomes of ${kid} were told`);
    this.claims.set(kid, message);
    return typeOf(message);
  }

  /** What was told is still so. @throws Error */
  holdsAgainst(uses: ReadonlyMap<string, UseEvidence>): void {
    for (const [kid, message] of this.claims) {
      const claim = uses.get(kid)?.claim;
      if (!claim || !sameBytes(claim, message)) throw new Error(`the outcome told of ${kid} is forgotten`);
    }
    for (const kid of this.stored) {
      if ((uses.get(kid)?.counts.get('GRANTED') ?? 0) === 0)
        throw new Error(`the stored licence of ${kid} is forgotten`);
    }
    for (const kid of this.burned) {
      if ((uses.get(kid)?.counts.get('BURNED') ?? 0) !== 1) throw new Error(`the burned ${kid} is not burned once`);
    }
    for (const kid of this.booked) if (!uses.get(kid)?.isBooked) throw new Error(`the answer on ${kid} is forgotten`);
  }
}

export function typeOf(message: Uint8Array): 'USAGE' | 'VOID_CLAIM' {
  return decodeSign1(message, 64 * 1024).type === 'application/decant-usage+cbor' ? 'USAGE' : 'VOID_CLAIM';
}

export const kidText = (kid: Uint8Array): string => hex(kid);
