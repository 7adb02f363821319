import type { Clock } from '#shared/clock.ts';
import { type Entropy, hex, sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import type { Payload } from '#wire/messages.ts';
import { type Authentic, openMessage, sealMessage, sha256 } from '#wire/signed-message.ts';
import type { Books } from './books.ts';
import type { Identity } from './identity.ts';
import type { EntryOf } from './journal/entry.ts';
import { requireGood } from './licences/usable.ts';
import type { Spool } from './spool.ts';

/** Caps that desk cannot raise. */
export interface PurchaseLimits {
  readonly ordersPerHour: number;
  readonly spendSatPerDay: number;
}

export interface PurchasePorts {
  readonly books: Books;
  readonly identity: Identity;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly limits: PurchaseLimits;
}

interface AskedOffer {
  readonly recipe: Uint8Array;
  readonly version: number;
  readonly quantity: number;
  readonly expires: number;
}

/** A signed ORDER; `price` is for all of its uses. */
export interface Ordered {
  readonly message: Uint8Array;
  readonly price: number;
}

const nonceLifeMs = 10 * 60_000;
const nonceLimit = 64;
const hourMs = 3_600_000;

/** Offers asked for, verified, and turned into signed ORDERs: the cell's half of buying. */
export class Purchase {
  readonly #ports: PurchasePorts;
  readonly #asked = new Map<string, AskedOffer>();

  constructor(ports: PurchasePorts) {
    this.#ports = ports;
  }

  /** A nonce that the OFFER must echo; at most 64 wait, each for 10 minutes. */
  nonce(recipe: Uint8Array, version: number, quantity = 1): Uint8Array {
    const now = this.#ports.clock.now();
    for (const [key, asked] of this.#asked) if (asked.expires < now) this.#asked.delete(key);
    if (this.#asked.size >= nonceLimit) throw new Failure('offer/limit-reached', { limit: 'nonces' });
    const nonce = this.#ports.entropy.bytes(16);
    this.#asked.set(hex(nonce), { recipe, version, quantity, expires: now + nonceLifeMs });
    return nonce;
  }

  /**
   * The ORDER for a verified OFFER; the same order id always gets the same ORDER. With `stock` its uses are bought ahead, for
   * whoever orders the recipe.
   * @throws Failure `offer/not-authentic`, `offer/nonce-mismatch`, `offer/expired`, `offer/price-mismatch`,
   * `offer/limit-reached`, `machine/profile-too-low`, `recipe/unknown`, `licence/manifest-mismatch`, `machine/quarantined`
   */
  order(id: string, offerBytes: Uint8Array, stock = false): Promise<Ordered> {
    return this.#ports.books.inTurn('orders', () => this.#order(id, offerBytes, stock));
  }

  async #order(id: string, offerBytes: Uint8Array, stock: boolean): Promise<Ordered> {
    const { books, identity, clock } = this.#ports;
    const before = books.ledger.orders.get(id);
    if (before !== undefined) return { message: before.message, price: before.price };
    requireGood(books.ledger);
    const offer = this.#verify(offerBytes);
    await this.#requireManifest(offer);
    this.#requireWithinLimits(offer.price);
    const message = await sealMessage(
      'ORDER',
      {
        machine: identity.machine,
        offer: sha256(offerBytes),
        idempotency_key: sha256(new TextEncoder().encode(`order ${id}`)).slice(0, 16),
        payment: { kind: 'prepaid', reference: id },
        time: clock.now(),
      },
      identity.signer,
    );
    await books.append({
      ...orderedEntry(id, message, offer, clock.now()),
      ...(stock ? { stock: true as const } : {}),
    });
    return { message, price: offer.price };
  }

  #verify(bytes: Uint8Array): Payload<'OFFER'> {
    const { identity, clock } = this.#ports;
    const { payload } = authentic(bytes, identity, clock.now());
    const asked = this.#asked.get(hex(payload.nonce));
    if (payload.machine !== identity.machine || asked === undefined || asked.expires < clock.now()) {
      throw new Failure('offer/nonce-mismatch');
    }
    const { recipe, version, quantity } = payload;
    if (!sameBytes(asked.recipe, recipe) || asked.version !== version || asked.quantity !== quantity) {
      throw new Failure('offer/nonce-mismatch');
    }
    if (payload.expires < clock.now()) throw new Failure('offer/expired');
    if (payload.min_profile === 'H' && identity.profile !== 'H') throw new Failure('machine/profile-too-low');
    const outputs = payload.outputs.reduce((sum, output) => sum + output.sat, 0);
    if (outputs !== payload.price) throw new Failure('offer/price-mismatch', { price: payload.price, outputs });
    this.#asked.delete(hex(payload.nonce));
    return payload;
  }

  async #requireManifest(offer: { recipe: Uint8Array; version: number; manifest: Uint8Array }): Promise<void> {
    const { spool, clock, identity } = this.#ports;
    const { recipe_id, version, min_profile } = await spool.manifest(offer.manifest, clock.now());
    if (!sameBytes(recipe_id, offer.recipe) || version !== offer.version)
      throw new Failure('licence/manifest-mismatch');
    if (min_profile === 'H' && identity.profile !== 'H') throw new Failure('machine/profile-too-low');
  }

  #requireWithinLimits(price: number): void {
    const { books, clock, limits } = this.#ports;
    const now = clock.now();
    const orders = [...books.ledger.orders.values()];
    const lastHour = orders.filter((order) => order.at > now - hourMs).length;
    if (lastHour >= limits.ordersPerHour) throw new Failure('offer/limit-reached', { limit: 'orders per hour' });
    const spent = orders.filter((order) => order.at > now - 24 * hourMs).reduce((sum, order) => sum + order.price, 0);
    if (spent + price > limits.spendSatPerDay) throw new Failure('offer/limit-reached', { limit: 'spend per day' });
  }
}

function orderedEntry(
  order: string,
  message: Uint8Array,
  { recipe, version, manifest, price, quantity, outputs }: Payload<'OFFER'>,
  at: Instant,
): EntryOf<'ORDERED'> {
  const licensor = outputs.reduce((sum, { role, sat }) => (role === 'licensor' ? sum + sat : sum), 0);
  const digest = sha256(message);
  return { kind: 'ORDERED', order, digest, message, recipe, version, manifest, price, quantity, licensor, at };
}

function authentic(bytes: Uint8Array, { anchors }: Identity, now: Instant): Authentic<'OFFER'> {
  try {
    return openMessage('OFFER', bytes, anchors, now);
  } catch (error) {
    if (!isFailure(error, 'message/malformed', 'message/too-large', 'message/not-authentic')) throw error;
    throw new Failure('offer/not-authentic', error.facts, error);
  }
}
