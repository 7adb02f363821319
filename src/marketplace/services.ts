import { buildCertificateBag } from '#hsm/certificate-bag.ts';
import { readCertificateRequest } from '#hsm/certificate-request.ts';
import type { Escrow } from '#hsm/escrow.ts';
import type { Clock } from '#shared/clock.ts';
import type { Entropy } from '#shared/entropy.ts';
import type { Log } from '#shared/log.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import { Accounts } from './accounts/accounts.ts';
import { Administration } from './administration.ts';
import { type Catalogue, makeCatalogue } from './catalogue/catalogue.ts';
import type { Courier } from './courier/courier.ts';
import type { Database } from './database/database.ts';
import type { MarketplaceIdentity } from './identity.ts';
import { type Licensing, makeLicensing } from './licensing/licensing.ts';
import { defaultPolicy, type LicensingPolicy } from './licensing/ports.ts';
import { Ledger } from './payments/ledger.ts';

export interface ServicesPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly identity: MarketplaceIdentity;
  readonly escrow: Escrow;
  readonly anchors: TrustAnchors;
  readonly courier: Courier;
  readonly issuer: string;
  readonly policy?: Partial<LicensingPolicy>;
  readonly log: Log;
}

export interface MarketplaceServices {
  readonly accounts: Accounts;
  readonly catalogue: Catalogue;
  readonly licensing: Licensing;
  readonly payments: Ledger;
  readonly administration: Administration;
}

/** The services of the marketplace, each knowing of the others only what stands in its ports. */
export async function makeServices(ports: ServicesPorts): Promise<MarketplaceServices> {
  const { database, clock, entropy, identity, escrow, courier, issuer } = ports;
  // machines whose first certificate came from here by EST
  const anchors = { ...ports.anchors, machine: [...(ports.anchors.machine ?? []), identity.ca] };
  const authority = {
    chain: [identity.ca],
    requested: readCertificateRequest,
    requestedKey: (request: Uint8Array) => readCertificateRequest(request).spki,
    issueClient: identity.issueClient.bind(identity),
    issueMachine: identity.issueMachine.bind(identity),
    bundle: buildCertificateBag,
  };
  const tokenKey = identity.tokenKey();
  const accounts = new Accounts({ database, clock, entropy, anchors, authority, tokenKey, issuer });
  const payments = new Ledger(database, clock);
  const catalogue = makeCatalogue({
    database,
    clock,
    entropy,
    anchors,
    signer: await identity.signer('catalogue'),
    profiles: { profile: async (machine) => (await accounts.claims(machine)).profile },
    prices: {
      price: (recipe, version) => licensing.price(recipe, version),
      requireGoodStanding: (machine) => licensing.requireGoodStanding(machine),
    },
  });
  const licensing: Licensing = makeLicensing(
    {
      database,
      clock,
      entropy,
      anchors,
      ownAnchors: { licensing: [identity.ca] },
      signer: await identity.signer('licensing'),
      contentKeys: escrow,
      offers: catalogue,
      till: payments,
      outbox: courier,
      issuer,
      policy: { ...defaultPolicy, ...ports.policy },
      log: ports.log,
    },
    authority,
    await identity.roleCertificate('deposit', escrow.depositPublicKey()),
  );
  const administration = new Administration({ database, accounts, licensing, payments });
  return { accounts, catalogue, licensing, payments, administration };
}
