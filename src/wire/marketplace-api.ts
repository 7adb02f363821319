import { z } from 'zod';
import { localText } from './screen-api.ts';

/**
 * REST of the marketplace's gateway, over TLS with the marketplace's own CA. Bodies are JSON unless said otherwise;
 * signed messages travel as `application/cose`. A refusal is a problem document (RFC 9457) with a `code` of
 * `src/shared/failure-codes.ts`.
 *
 * | route | asks | answers | authorised by |
 * |---|---|---|---|
 * | POST /oauth/token | `tokenRequest` (form) | `tokenAnswer` | private_key_jwt of the machine (RFC 7523, aud = issuer) |
 * | GET /v1/est/nonce | | `estNonce` | token, scope est |
 * | GET /.well-known/est/cacerts | | PKCS#7 certs-only, base64 | nobody |
 * | POST /.well-known/est/simpleenroll | PKCS#10 base64, header `decant-tls-grant` (base64url TLS_GRANT) | PKCS#7, base64 | token, scope est |
 * | GET /v1/listings?class= | | `listings` | token bound to the TLS certificate |
 * | GET /v1/recipes/:id/:version/sealed | | sealed recipe, octets | token |
 * | GET /v1/recipes/:id/:version/picture | | SVG | token |
 * | POST /v1/prekeys | PREKEYS | 204 | token |
 * | POST /v1/offers | `offerRequest` | OFFER | token |
 * | POST /v1/orders | ORDER | `orderAnswer` | token |
 * | GET /v1/licences?after=N | | CBOR array of LICENCE messages, at most 16 | token |
 * | POST /v1/acks | ACK | 204 | token |
 * | POST /v1/usages | USAGE | USAGE_RECEIPT | token |
 * | POST /v1/void-claims | VOID_CLAIM | 202, LICENCE follows, or REFUSED | token |
 * | POST /v1/heads | HEAD | WITNESS, QUARANTINE, or RELEASE | token |
 * | POST /v1/recoveries | LICENCE that a restored database has lost | 204 | token |
 * | POST /v1/decommissions | DECOMMISSION | 204 | token |
 * | POST /v1/time | `timeRequest` | TIME | token |
 * | GET /v1/status/1 | | STATUS_LIST | token |
 * | GET /v1/account | | `accountView` | token |
 * | GET /v1/deposit-key | | certificate (role deposit), DER octets | nobody |
 * | PUT /v1/recipes/:id/:version/sealed | sealed recipe, octets | 204 | the manifest's own signature |
 * | POST /v1/deposits | DEPOSIT | 204 | the message's signature |
 * | POST /v1/listings | LISTING | 204 | the message's signature |
 * | GET /health | | `{ok: true}` | nobody |
 *
 * MQTT 5 (3.1.1 with the embedded broker), QoS 1: `decant/v1/MACHINE/down/licence` carries one LICENCE;
 * `decant/v1/MACHINE/down/notice` an empty notice that something waits; `decant/v1/MACHINE/down/revoke` one REVOKE. REST is
 * the truth.
 */
export const tokenRequest = z.strictObject({
  grant_type: z.literal('client_credentials'),
  client_assertion_type: z.literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer'),
  client_assertion: z.string().max(8192),
  scope: z.enum(['est', 'machine']),
});

export const tokenAnswer = z.strictObject({
  access_token: z.string().max(8192),
  token_type: z.literal('Bearer'),
  expires_in: z.int().positive(),
  scope: z.string().max(64),
});

export const estNonce = z.strictObject({ nonce: z.string().regex(/^[0-9a-f]{32}$/) });

export const listing = z.strictObject({
  recipe: z.string().regex(/^[0-9a-f]{32}$/),
  version: z.int().positive(),
  /** SHA-256 of the manifest item, hex. */
  manifest: z.string().regex(/^[0-9a-f]{64}$/),
  /** Bytes of the sealed file. */
  size: z.int().positive(),
  slug: z.string().regex(/^[a-z0-9-]{1,64}$/),
  name: localText,
  description: localText,
  ingredient_names: z.record(z.string(), localText),
  accent: z.string().regex(/^#[0-9a-f]{6}$/),
  author: z.string().max(200),
  /** What a licence for one use costs. */
  price_sat: z.int().nonnegative(),
});

export const listings = z.strictObject({ listings: z.array(listing).max(1000) });

export const offerRequest = z.strictObject({
  recipe: z.string().regex(/^[0-9a-f]{32}$/),
  version: z.int().positive(),
  quantity: z.int().min(1).max(16),
  /** Uses that are good within this window only, seconds since 1970. */
  window: z
    .strictObject({ nbf: z.int().min(0).max(0xffff_ffff), exp: z.int().min(0).max(0xffff_ffff) })
    .refine(({ nbf, exp }) => nbf < exp)
    .optional(),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
});

export const timeRequest = z.strictObject({ nonce: z.string().regex(/^[0-9a-f]{32}$/) });

/** `seq` of the licence that answers the order; it is ready to be fetched when this arrives. */
export const orderAnswer = z.strictObject({
  seq: z.int().positive(),
  charged_sat: z.int().nonnegative(),
  split: z.strictObject({ licensor_sat: z.int().nonnegative(), marketplace_sat: z.int().nonnegative() }),
});

export const accountView = z.strictObject({ balance_sat: z.int() });

/** RFC 9457. */
export const problem = z.strictObject({
  type: z.string().max(200),
  title: z.string().max(200),
  status: z.int(),
  code: z.string().max(64),
});

export const licenceTopic = (machine: string): string => `decant/v1/${machine}/down/licence`;
export const noticeTopic = (machine: string): string => `decant/v1/${machine}/down/notice`;

export const revokeTopic = (machine: string): string => `decant/v1/${machine}/down/revoke`;

export type Listing = z.infer<typeof listing>;
export type OfferRequest = z.infer<typeof offerRequest>;
export type OrderAnswer = z.infer<typeof orderAnswer>;
