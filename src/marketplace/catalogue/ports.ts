import type { Clock } from '#shared/clock.ts';
import type { Entropy } from '#shared/entropy.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import type { Database } from '../database/database.ts';

/** Licensing, as the catalogue needs it. */
export interface Prices {
  /** What one use of a recipe costs, and from which manifest on; null when no key was deposited. */
  price(
    recipe: Uint8Array,
    version: number,
  ): Promise<{ readonly manifest: Uint8Array; readonly price: number; readonly minProfile: 'H' | 'S' } | null>;
  /** @throws Failure `machine/quarantined` */
  requireGoodStanding(machine: string): Promise<void>;
}

/** Accounts, as the catalogue needs them. */
export interface Profiles {
  /** The key profile in the machine's certificate; @throws Failure `marketplace/unknown-machine`. */
  profile(machine: string): Promise<'H' | 'S'>;
}

export interface CataloguePorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** CAs of authors. */
  readonly anchors: TrustAnchors;
  /** Role catalogue, ES256. */
  readonly signer: Signer;
  readonly prices: Prices;
  readonly profiles: Profiles;
}
