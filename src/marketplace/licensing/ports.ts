import type { Clock } from '#shared/clock.ts';
import type { Entropy } from '#shared/entropy.ts';
import type { Log } from '#shared/log.ts';
import type { Instant, Satoshi } from '#shared/units.ts';
import type { MachineClaims, TrustAnchors } from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import type { Payload } from '#wire/messages.ts';
import type { Database, Transaction } from '../database/database.ts';

/** Content keys, of which licensing never sees a clear byte. */
export interface ContentKeys {
  /** What authors wrap content keys to: SubjectPublicKeyInfo, DER. */
  depositPublicKey(): Uint8Array;
  /**
   * Takes a content key that was wrapped to the deposit key by RSA-OAEP; answers it under a key of the token, to be stored.
   * @throws Failure `token/unwrap-refused`
   */
  accept(wrapped: Uint8Array): Promise<Uint8Array>;
  /** The stored content key, wrapped by RSA-OAEP to `recipient` (SubjectPublicKeyInfo) inside the token. */
  rewrap(stored: Uint8Array, recipient: Uint8Array): Promise<Uint8Array>;
}

/** What the catalogue promised a machine. */
export interface AcceptedOffer {
  readonly offer: Payload<'OFFER'>;
  /** Whom the licensor's share is owed to. */
  readonly licensor: string;
}

/** The catalogue, as licensing needs it. */
export interface Offers {
  /**
   * Marks the offer as accepted by its machine.
   * @throws Failure `offer/unknown`, `offer/expired`, `marketplace/duplicate` when another order took it
   */
  accept(transaction: Transaction, machine: string, digest: Uint8Array): Promise<AcceptedOffer>;
  /** Manifest digest and author of a published recipe; null when there is none. */
  published(recipe: Uint8Array, version: number): Promise<{ manifest: Uint8Array; author: string } | null>;
}

/** What licences cost, and who gets how much of it. */
export interface Charge {
  readonly machine: string;
  /** The same key of the same machine is charged once. */
  readonly key: string;
  readonly licensor: string;
  readonly licensorSat: Satoshi;
  readonly marketplaceSat: Satoshi;
}

/** Payments, as licensing needs them. */
export interface Till {
  /** Books the price from the machine's prepaid account; @throws Failure `payment/balance-low`. */
  charge(transaction: Transaction, charge: Charge): Promise<void>;
}

/** The courier, as licensing needs it. */
export interface Outbox {
  /** A licence and the notice of it, to be published after the commit. */
  put(transaction: Transaction, machine: string, licence: Uint8Array): Promise<void>;
  /** A REVOKE, to be published after the commit. */
  putRevocation(transaction: Transaction, machine: string, message: Uint8Array): Promise<void>;
  /** To be called after the commit. */
  wake(): void;
}

/** The enrolment records, as licensing needs them. */
export interface MachineRecords {
  /** @throws Failure `marketplace/unknown-machine` */
  claims(machine: string): Promise<MachineClaims>;
}

/** How far licensing trusts a machine's word. */
export interface LicensingPolicy {
  /** Re-issues for one machine within 24 hours; above it a person decides. */
  readonly reissuesPerDay: number;
  /** Unspent uses of one machine that are licensed again when it is released, or its token replaced; apart from the above. */
  readonly reissuesPerRelease: number;
  /** The same when the token is lost, and only two people say so. */
  readonly reissuesAfterLoss: number;
  /** Milliseconds from a loss report to the first re-issue: time for the token to turn up. */
  readonly lossHoldMs: number;
  /** Pieces that may have been started under a use that is re-issued for nothing. */
  readonly freePieces: number;
  /** Seconds from issue to expiry of a licence. */
  readonly licenceSeconds: number;
  /** Unassigned prekeys that a machine may leave here. */
  readonly prekeyPool: number;
}

export const defaultPolicy: LicensingPolicy = {
  reissuesPerDay: 5,
  reissuesPerRelease: 64,
  reissuesAfterLoss: 16,
  lossHoldMs: 3 * 24 * 3600 * 1000,
  freePieces: 1,
  licenceSeconds: 30 * 24 * 3600,
  prekeyPool: 64,
};

/** All that licensing needs from outside. */
export interface LicensingPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** CAs of machines and authors. */
  readonly anchors: TrustAnchors;
  /** CA of licensing's own certificate: what it signed itself is known again, whatever the database has lost. */
  readonly ownAnchors: TrustAnchors;
  /** Role licensing, ES256. */
  readonly signer: Signer;
  readonly contentKeys: ContentKeys;
  readonly offers: Offers;
  readonly till: Till;
  readonly outbox: Outbox;
  readonly issuer: string;
  readonly policy: LicensingPolicy;
  readonly log: Log;
}

/** Issues certificates for desks' TLS keys. */
export interface TlsAuthority {
  /** Certificates of the CA, DER, the issuing one first. */
  readonly chain: readonly Uint8Array[];
  /** Reads a PKCS#10 request and checks that it is signed with the key in it; @throws Failure `message/malformed`. */
  requestedKey(request: Uint8Array): Uint8Array;
  /** A clientAuth certificate, DER, with `name` as common name. */
  issueClient(
    name: string,
    spki: Uint8Array,
    from: Instant,
    to: Instant,
  ): Promise<{ certificate: Uint8Array; serial: string }>;
  /** PKCS#7 certs-only, DER. */
  bundle(certificates: readonly Uint8Array[]): Uint8Array;
}
