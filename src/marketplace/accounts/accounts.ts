import { createHash, type X509Certificate } from 'node:crypto';
import type { Clock } from '#shared/clock.ts';
import type { Entropy } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { commonName, type MachineClaims, type TrustAnchors } from '#wire/certificate-chain.ts';
import { tokenRequest } from '#wire/marketplace-api.ts';
import type { Database } from '../database/database.ts';

export type { Scope } from './access-token.ts';

import { AccessTokens, type Scope, type TokenKey, tokenLifetime } from './access-token.ts';
import { machineOfAssertion } from './client-assertion.ts';
import { enrolLdevid, type MachineAuthority } from './ldevid-enrolment.ts';
import { Machines } from './machines.ts';

export interface AccountsPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** CAs of machines and of their makers. */
  readonly anchors: TrustAnchors;
  readonly authority: MachineAuthority;
  readonly tokenKey: TokenKey;
  readonly issuer: string;
}

export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: Scope;
}

/** The service "accounts": who is enrolled, and access tokens for them (RFC 6749 §4.4, RFC 7523, RFC 8705). */
export class Accounts {
  readonly #ports: AccountsPorts;
  readonly #machines: Machines;
  readonly #tokens: AccessTokens;

  constructor(ports: AccountsPorts) {
    this.#ports = ports;
    this.#machines = new Machines(ports.database, ports.anchors);
    this.#tokens = new AccessTokens(ports.tokenKey, ports.issuer, ports.entropy);
  }

  /** Enrols a machine by its certificate, DER; answers its id. @throws Failure as `Machines.enrol` */
  enrol(certificate: Uint8Array): Promise<string> {
    return this.#machines.enrol(certificate, this.#ports.clock.now());
  }

  /** A machine's first certificate for its owner's voucher; see `enrolLdevid`. */
  enrolLdevid(request: Uint8Array, voucher: Uint8Array): Promise<Uint8Array> {
    const enrolling = { ...this.#ports, enrol: (certificate: Uint8Array) => this.enrol(certificate) };
    return enrolLdevid(enrolling, request, voucher);
  }

  /** Takes a machine out of service for good: its certificate opens nothing any more. */
  retire(machine: string): Promise<void> {
    return this.#machines.retire(machine);
  }

  /** @throws Failure `marketplace/unknown-machine` */
  async claims(machine: string): Promise<MachineClaims> {
    return (await this.#machines.find(machine)).claims;
  }

  /**
   * An access token for whoever signed the client assertion. Scope `machine` is given only over a client certificate of
   * that machine (one that the TLS layer has verified), and is then bound to it.
   * @throws Failure `message/malformed`, `marketplace/not-authorised`
   */
  async token(form: unknown, certificate: X509Certificate | null): Promise<TokenAnswer> {
    const request = tokenRequest.safeParse(form);
    if (!request.success) throw new Failure('message/malformed', { reason: 'not a token request' });
    const { scope, client_assertion } = request.data;
    const { database, clock, issuer } = this.#ports;
    const ports = { database, machines: this.#machines, issuer };
    const { machine } = await machineOfAssertion(ports, client_assertion, clock.now());
    if (scope === 'machine') requireCertificate(certificate, machine);
    const bound = certificate !== null && commonName(certificate) === machine ? thumbprint(certificate) : null;
    const access_token = await this.#tokens.issue(machine, scope, bound, clock.now());
    return { access_token, token_type: 'Bearer', expires_in: tokenLifetime, scope };
  }

  /**
   * The machine that a bearer token speaks for, when it has `scope` and comes over the certificate that it is bound to.
   * @throws Failure `marketplace/not-authorised`
   */
  async authenticate(bearer: string, scope: Scope, certificate: X509Certificate | null): Promise<string> {
    const claims = await this.#tokens.read(bearer, this.#ports.clock.now());
    if (claims.scope !== scope) throw refused('another scope');
    if (scope === 'machine' && claims.cnf === undefined) throw refused('not bound to a certificate');
    if (claims.cnf !== undefined) {
      requireCertificate(certificate, claims.sub);
      if (thumbprint(certificate) !== claims.cnf['x5t#S256']) throw refused('bound to another certificate');
    }
    return claims.sub;
  }
}

function requireCertificate(
  certificate: X509Certificate | null,
  machine: string,
): asserts certificate is X509Certificate {
  if (certificate === null || commonName(certificate) !== machine) throw refused('no certificate of this machine');
}

/** RFC 8705 §3.1. */
function thumbprint(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('base64url');
}

function refused(reason: string): Failure {
  return new Failure('marketplace/not-authorised', { reason });
}
