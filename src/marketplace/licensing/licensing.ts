import type { OrderAnswer } from '#wire/marketplace-api.ts';
import { acceptDeposit, findDeposit } from './deposits.ts';
import { releaseMachine, witnessHead } from './heads.ts';
import { acknowledge, licencesAfter } from './licences.ts';
import { fulfilOrder } from './orders.ts';
import { answerClaim, bookUsage } from './outcomes.ts';
import type { LicensingPorts, TlsAuthority } from './ports.ts';
import { acceptPrekeys } from './prekeys.ts';
import { requireGoodStanding } from './standing.ts';
import { enrolTlsKey, estNonce } from './tls-enrolment.ts';

/** What the author asked when depositing. */
export interface Price {
  readonly manifest: Uint8Array;
  readonly price: number;
  readonly minProfile: 'H' | 'S';
}

/** The service "licensing". `machine` is whom the access token names; messages are what it sent. */
export interface Licensing {
  prekeys(machine: string, message: Uint8Array): Promise<void>;
  order(machine: string, message: Uint8Array): Promise<OrderAnswer>;
  licencesAfter(machine: string, seq: number): Promise<readonly Uint8Array[]>;
  acknowledge(machine: string, message: Uint8Array): Promise<void>;
  usage(machine: string, message: Uint8Array): Promise<Uint8Array>;
  voidClaim(machine: string, message: Uint8Array): Promise<Uint8Array | null>;
  head(machine: string, message: Uint8Array): Promise<Uint8Array>;
  deposit(message: Uint8Array): Promise<void>;
  /** What one use of a recipe costs; null when no key was deposited. */
  price(recipe: Uint8Array, version: number): Promise<Price | null>;
  /** @throws Failure `machine/quarantined` */
  requireGoodStanding(machine: string): Promise<void>;
  release(machine: string, person: string, reason: string): Promise<void>;
  estNonce(machine: string): Promise<Uint8Array>;
  enrol(machine: string, request: Uint8Array, grant: Uint8Array): Promise<Uint8Array>;
  /** PKCS#7 certs-only of the CA (RFC 7030 §4.1), DER. */
  caCertificates(): Uint8Array;
  /** Certificate of the deposit key, DER. */
  readonly depositCertificate: Uint8Array;
}

export function makeLicensing(
  ports: LicensingPorts,
  authority: TlsAuthority,
  depositCertificate: Uint8Array,
): Licensing {
  const enrolment = { ...ports, authority };
  return {
    prekeys: (machine, message) => acceptPrekeys(ports, machine, message),
    order: (machine, message) => fulfilOrder(ports, machine, message),
    licencesAfter: (machine, seq) => licencesAfter(ports, machine, seq),
    acknowledge: (machine, message) => acknowledge(ports, machine, message),
    usage: (machine, message) => bookUsage(ports, machine, message),
    voidClaim: (machine, message) => answerClaim(ports, machine, message),
    head: (machine, message) => witnessHead(ports, machine, message),
    deposit: (message) => acceptDeposit(ports, message),
    price: async (recipe, version) => {
      const deposit = await findDeposit(ports.database, recipe, version);
      return deposit && { manifest: deposit.manifest, price: Number(deposit.price), minProfile: deposit.minProfile };
    },
    requireGoodStanding: (machine) => requireGoodStanding(ports.database, machine),
    release: (machine, person, reason) => releaseMachine(ports, machine, person, reason),
    estNonce: (machine) => estNonce(enrolment, machine),
    enrol: (machine, request, grant) => enrolTlsKey(enrolment, machine, request, grant),
    caCertificates: () => authority.bundle(authority.chain),
    depositCertificate,
  };
}
