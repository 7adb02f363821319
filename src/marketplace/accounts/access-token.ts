import { compactVerify } from 'jose';
import { z } from 'zod';
import { type Entropy, hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import { publicKeyOf } from '#wire/verify-sign1.ts';
import { machineId } from '#wire/fields.ts';

export type Scope = 'est' | 'machine';

/** What an access token says (RFC 9068). */
const claims = z.strictObject({
  iss: z.string(),
  aud: z.literal('decant-marketplace'),
  sub: machineId,
  scope: z.enum(['est', 'machine']),
  iat: z.int(),
  exp: z.int(),
  jti: z.string(),
  /** RFC 8705 §3.1: SHA-256 of the client certificate with which the token may be used. */
  cnf: z.strictObject({ 'x5t#S256': z.string() }).optional(),
});

export type AccessClaims = z.output<typeof claims>;

/** Seconds that an access token lasts. */
export const tokenLifetime = 600;

/** The key of the accounts service, which may live in a token. */
export interface TokenKey {
  /** DER SubjectPublicKeyInfo of a P-256 key. */
  readonly spki: Uint8Array;
  /** ES256: r‖s. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** Issues and reads access tokens of one issuer: JWTs with ES256, ten minutes long. */
export class AccessTokens {
  readonly #key: TokenKey;
  readonly #issuer: string;
  readonly #entropy: Entropy;

  constructor(key: TokenKey, issuer: string, entropy: Entropy) {
    this.#key = key;
    this.#issuer = issuer;
    this.#entropy = entropy;
  }

  async issue(machine: string, scope: Scope, thumbprint: string | null, at: Instant): Promise<string> {
    const iat = Math.floor(at / 1000);
    const payload: AccessClaims = {
      iss: this.#issuer,
      aud: 'decant-marketplace',
      sub: machine,
      scope,
      iat,
      exp: iat + tokenLifetime,
      jti: hex(this.#entropy.bytes(16)),
      ...(thumbprint === null ? {} : { cnf: { 'x5t#S256': thumbprint } }),
    };
    const signed = `${base64url({ alg: 'ES256', typ: 'at+jwt' })}.${base64url(payload)}`;
    const signature = await this.#key.sign(new TextEncoder().encode(signed));
    return `${signed}.${Buffer.from(signature).toString('base64url')}`;
  }

  /** @throws Failure `marketplace/not-authorised` unless it is ours and has not run out. */
  async read(token: string, at: Instant): Promise<AccessClaims> {
    const found = await this.#verified(token);
    const seconds = Math.floor(at / 1000);
    if (found.iss !== this.#issuer || found.exp <= seconds) {
      throw new Failure('marketplace/not-authorised', { reason: 'the token has run out' });
    }
    return found;
  }

  async #verified(token: string): Promise<AccessClaims> {
    try {
      const options = { algorithms: ['ES256'] };
      const { payload, protectedHeader } = await compactVerify(token, publicKeyOf(this.#key.spki), options);
      if (protectedHeader.typ !== 'at+jwt') throw new Error('another kind of token');
      return claims.parse(JSON.parse(new TextDecoder().decode(payload)));
    } catch (error) {
      throw new Failure('marketplace/not-authorised', { reason: 'not a token of ours' }, error);
    }
  }
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
