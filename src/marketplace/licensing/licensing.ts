import type { OrderAnswer } from '#wire/marketplace-api.ts';
import type { Transaction } from '../database/database.ts';
import { type ClaimGrant, grantClaim, type RefusedClaim, refusedClaims } from './claims-by-hand.ts';
import { acceptDeposit, findDeposit } from './deposits.ts';
import { witnessHead } from './heads.ts';
import { acknowledge, licencesAfter } from './licences.ts';
import { type MachineView, machinesView } from './machines-view.ts';
import { fulfilOrder } from './orders.ts';
import { answerClaim, bookUsage } from './outcomes.ts';
import type { LicensingPorts, TlsAuthority } from './ports.ts';
import { acceptPrekeys } from './prekeys.ts';
import { recoverLicence } from './recover.ts';
import { reissueWaiting } from './reissue.ts';
import { type ReleaseOrder, releaseMachine } from './release.ts';
import { isRecalled, type RevocationTarget, requireServed, revoke } from './revocations.ts';
import { signedTime } from './signed-time.ts';
import { requireGoodStanding } from './standing.ts';
import { statusList } from './status-list.ts';
import { bookDecommission, type Estate, type Heir, type LossReport, reportLoss, succeed } from './succession.ts';
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
  /** What one use of a recipe costs; null when no key was deposited or the recipe is called back. */
  price(recipe: Uint8Array, version: number): Promise<Price | null>;
  /** @throws Failure `machine/quarantined`, `machine/revoked` */
  requireGoodStanding(machine: string): Promise<void>;
  /** @throws Failure as `releaseMachine` */
  release(machine: string, order: ReleaseOrder): Promise<void>;
  /** @throws Failure as `recoverLicence` */
  recover(machine: string, message: Uint8Array): Promise<void>;
  /** @throws Failure as `bookDecommission` */
  decommission(message: Uint8Array): Promise<Estate>;
  /** @throws Failure as `reportLoss` */
  reportLoss(report: LossReport): Promise<Estate>;
  /** @throws Failure as `succeed` */
  succeed(transaction: Transaction, machine: string, heir: Heir): Promise<Estate>;
  machines(): Promise<MachineView[]>;
  /** TIME for a nonce of the machine's cell. */
  time(machine: string, nonce: Uint8Array): Promise<Uint8Array>;
  /** STATUS_LIST. */
  statusList(): Promise<Uint8Array>;
  /** @throws Failure `licence/none`, `marketplace/refused` when the list is full */
  revoke(target: RevocationTarget, person: string, reason: string): Promise<void>;
  refusedClaims(): Promise<RefusedClaim[]>;
  /** Licenses a use again whose claim was refused; answers the licence's number. @throws Failure as `grantClaim` */
  grantClaim(grant: ClaimGrant): Promise<number>;
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
    async prekeys(machine, message) {
      await acceptPrekeys(ports, machine, message);
      await ports.database.transaction((transaction) => reissueWaiting(ports, transaction, machine));
      ports.outbox.wake();
    },
    order: (machine, message) => fulfilOrder(ports, machine, message),
    licencesAfter: (machine, seq) => licencesAfter(ports, machine, seq),
    acknowledge: (machine, message) => acknowledge(ports, machine, message),
    usage: (machine, message) => bookUsage(ports, machine, message),
    voidClaim: (machine, message) => answerClaim(ports, machine, message),
    head: (machine, message) => witnessHead(ports, machine, message),
    deposit: (message) => acceptDeposit(ports, message),
    price: async (recipe, version) => {
      const deposit = await findDeposit(ports.database, recipe, version);
      const now = Math.floor(ports.clock.now() / 1000);
      if (deposit === null || (await isRecalled(ports.database, { recipe, version, ...deposit }, now))) return null;
      return { manifest: deposit.manifest, price: Number(deposit.price), minProfile: deposit.minProfile };
    },
    requireGoodStanding: async (machine) => {
      await requireGoodStanding(ports.database, machine);
      await requireServed(ports.database, machine);
    },
    time: (machine, nonce) => signedTime(ports, machine, nonce),
    statusList: () => statusList(ports),
    refusedClaims: () => refusedClaims(ports.database),
    grantClaim: (grant) => grantClaim(ports, grant),
    revoke: (target, person, reason) => revoke(ports, target, person, reason),
    release: (machine, order) => releaseMachine(ports, machine, order),
    recover: (machine, message) => recoverLicence(ports, machine, message),
    decommission: (message) => bookDecommission(ports, message),
    reportLoss: (report) => reportLoss(ports, report),
    succeed: (transaction, machine, heir) => succeed(ports, transaction, machine, heir),
    machines: () => machinesView(ports.database),
    estNonce: (machine) => estNonce(enrolment, machine),
    enrol: (machine, request, grant) => enrolTlsKey(enrolment, machine, request, grant),
    caCertificates: () => authority.bundle(authority.chain),
    depositCertificate,
  };
}
