import type { X509Certificate } from 'node:crypto';
import type { Satoshi } from '#shared/units.ts';
import type { Scope, TokenAnswer } from '../accounts/accounts.ts';
import type { Administration } from '../administration.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Licensing } from '../licensing/licensing.ts';

/** The services behind the gateway, as far as it may reach them. */
export interface Services {
  readonly accounts: {
    token(form: unknown, certificate: X509Certificate | null): Promise<TokenAnswer>;
    /** PKCS#7 certs-only with a machine's first certificate, DER. */
    enrolLdevid(request: Uint8Array, voucher: Uint8Array): Promise<Uint8Array>;
    authenticate(bearer: string, scope: Scope, certificate: X509Certificate | null): Promise<string>;
  };
  readonly catalogue: Pick<Catalogue, 'publish' | 'list' | 'listings' | 'sealed' | 'picture' | 'offer'>;
  readonly licensing: Pick<
    Licensing,
    | 'prekeys'
    | 'order'
    | 'licencesAfter'
    | 'acknowledge'
    | 'usage'
    | 'voidClaim'
    | 'head'
    | 'recover'
    | 'time'
    | 'statusList'
    | 'deposit'
    | 'depositCertificate'
    | 'estNonce'
    | 'enrol'
    | 'caCertificates'
  >;
  readonly administration: Pick<Administration, 'decommission'>;
  readonly payments: { balance(machine: string): Promise<Satoshi> };
}
