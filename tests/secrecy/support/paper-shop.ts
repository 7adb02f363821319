import type { MarketplaceClient } from '#desk/marketplace/marketplace-client.ts';
import type { SealedRecipe } from '#recipes/seal.ts';
import { type Entropy, hex } from '#shared/entropy.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import { decodeCbor } from '#wire/cbor.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import { licenceTopic, type Listing } from '#wire/marketplace-api.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import type { PaperMarket } from '../../support/cell/paper-market.ts';
import type { PatientClock } from './patient-clock.ts';
import { recorded } from './real-shop.ts';
import type { Tape } from './tape.ts';

export const slug = 'secret-drink';

export interface ShopPorts {
  readonly market: PaperMarket;
  readonly machine: string;
  readonly anchors: TrustAnchors;
  readonly drink: SealedRecipe;
  readonly clock: PatientClock;
  readonly entropy: Entropy;
  readonly tape: Tape;
  /** Hands a licence to desk, as the broker does. */
  readonly push: (licence: Uint8Array) => void;
}

/** The marketplace as desk knows it: sells one recipe, keeps what a marketplace keeps; all that it is asked and answers is on the tape. */
export function paperShop(ports: ShopPorts): MarketplaceClient {
  return recorded(new PaperShop(ports), ports.tape, ports.clock);
}

class PaperShop {
  readonly #ports: ShopPorts;
  readonly #licences: Uint8Array[] = [];
  readonly #free: Uint8Array[] = [];

  constructor(ports: ShopPorts) {
    this.#ports = ports;
  }

  async listings(): Promise<Listing[]> {
    const { drink } = this.#ports;
    const text = { de: 'Geheim', en: 'Secret' };
    return [
      {
        recipe: hex(drink.manifest.recipe_id),
        version: drink.manifest.version,
        manifest: hex(drink.digest),
        size: drink.file.length,
        slug,
        name: text,
        description: text,
        ingredient_names: {},
        accent: '#00aabb',
        author: drink.manifest.author,
        price_sat: 900,
      },
    ];
  }

  async sealed(): Promise<Uint8Array> {
    return this.#ports.drink.file;
  }

  async picture(): Promise<Uint8Array> {
    return new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>');
  }

  async prekeys(message: Uint8Array): Promise<void> {
    const { market, anchors } = this.#ports;
    for (const { kid } of market.takePrekeys(message, anchors).keys) this.#free.push(kid);
  }

  offer(_recipe: string, _version: number, nonce: Uint8Array): Promise<Uint8Array> {
    const { market, machine, drink, entropy } = this.#ports;
    return market.offer(machine, drink, nonce, { offer: entropy.bytes(16) });
  }

  async order(message: Uint8Array) {
    const seq = await this.#issue({ order: sha256(message) });
    return { seq, charged_sat: 900, split: { licensor_sat: 630, marketplace_sat: 270 } };
  }

  async licencesAfter(seq: number): Promise<Uint8Array[]> {
    return this.#licences.slice(seq);
  }

  async ack(): Promise<void> {}

  usage(message: Uint8Array): Promise<Uint8Array> {
    const { market, machine, anchors, clock } = this.#ports;
    const { payload } = openMessage('USAGE', message, anchors, clock.now());
    return market.receipt(machine, message, payload.cti);
  }

  async voidClaim(message: Uint8Array): Promise<null> {
    await this.#issue({ replaces: sha256(message) });
    return null;
  }

  head(message: Uint8Array): Promise<Uint8Array> {
    const { market, machine } = this.#ports;
    const { journal } = decodeCbor(decodeSign1(message, 1 << 20).payload, 1 << 20) as Payload<'HEAD'>;
    return market.witness(machine, journal);
  }

  async time(nonce: Uint8Array): Promise<Uint8Array> {
    return this.#ports.market.time(this.#ports.machine, nonce);
  }

  statusList(): Promise<Uint8Array> {
    return this.#ports.market.statusList();
  }

  async #issue(because: { readonly order: Uint8Array } | { readonly replaces: Uint8Array }): Promise<number> {
    const { market, machine, drink, entropy, tape, push } = this.#ports;
    const seq = this.#licences.length + 1;
    const kids = this.#free.splice(0, 1);
    const claims = await market.claims(machine, drink, because, kids, { seq, cti: entropy.bytes(16) });
    const licence = await market.licence(claims);
    this.#licences.push(licence);
    tape.put('broker', { topic: licenceTopic(machine), licence });
    queueMicrotask(() => push(licence));
    return seq;
  }
}
