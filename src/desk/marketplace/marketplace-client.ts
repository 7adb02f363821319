import { hex } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { decodeCbor } from '#wire/cbor.ts';
import { type Listing, listings, type OrderAnswer, orderAnswer } from '#wire/marketplace-api.ts';
import { requireOk } from './problem.ts';
import { readJson } from './read-json.ts';
import type { MarketplaceSession } from './session.ts';

export interface WantedUses {
  readonly quantity: number;
  /** Good within this window only; seconds since 1970. */
  readonly window?: { readonly nbf: number; readonly exp: number };
}

/** What desk asks of the marketplace. Signed messages pass through as bytes: only the cell judges them. */
export interface MarketplaceClient {
  listings(machineClass: string): Promise<Listing[]>;
  sealed(recipe: string, version: number): Promise<Uint8Array>;
  picture(recipe: string, version: number): Promise<Uint8Array>;
  prekeys(message: Uint8Array): Promise<void>;
  /** OFFER of one use, or of what is wanted. */
  offer(recipe: string, version: number, nonce: Uint8Array, wanted?: WantedUses): Promise<Uint8Array>;
  order(message: Uint8Array): Promise<OrderAnswer>;
  /** LICENCE messages with a higher number, in order, at most 16. */
  licencesAfter(seq: number): Promise<Uint8Array[]>;
  ack(message: Uint8Array): Promise<void>;
  /** USAGE → USAGE_RECEIPT. */
  usage(message: Uint8Array): Promise<Uint8Array>;
  /** VOID_CLAIM → REFUSED, or null when a licence follows. */
  voidClaim(message: Uint8Array): Promise<Uint8Array | null>;
  /** HEAD → WITNESS, QUARANTINE or RELEASE. */
  head(message: Uint8Array): Promise<Uint8Array>;
  /** A LICENCE that licensing has lost. */
  recover(message: Uint8Array): Promise<void>;
  decommission(message: Uint8Array): Promise<void>;
  /** TIME for a nonce of the cell. */
  time(nonce: Uint8Array): Promise<Uint8Array>;
  /** STATUS_LIST. */
  statusList(): Promise<Uint8Array>;
}

const cose = { 'content-type': 'application/cose' };
const licencePageBytes = 512 * 1024;

export function marketplaceClient(session: MarketplaceSession): MarketplaceClient {
  const get = async (path: string): Promise<Uint8Array> => requireOk(await session.request({ method: 'GET', path }));
  const post = async (path: string, message: Uint8Array): Promise<Uint8Array> =>
    requireOk(await session.request({ method: 'POST', path, headers: cose, body: message }));
  const ask = async (path: string, body: object): Promise<Uint8Array> => {
    const headers = { 'content-type': 'application/json' };
    return requireOk(await session.request({ method: 'POST', path, headers, body: JSON.stringify(body) }));
  };
  return {
    listings: async (machineClass) =>
      readJson(listings, await get(`/v1/listings?class=${encodeURIComponent(machineClass)}`)).listings,
    sealed: (recipe, version) => get(`/v1/recipes/${recipe}/${version}/sealed`),
    picture: (recipe, version) => get(`/v1/recipes/${recipe}/${version}/picture`),
    prekeys: async (message) => void (await post('/v1/prekeys', message)),
    offer: (recipe, version, nonce, wanted = { quantity: 1 }) =>
      ask('/v1/offers', { recipe, version, nonce: hex(nonce), ...wanted }),
    order: async (message) => readJson(orderAnswer, await post('/v1/orders', message)),
    async licencesAfter(seq) {
      const page = cbor(await get(`/v1/licences?after=${seq}`));
      if (!Array.isArray(page) || !page.every((one): one is Uint8Array => one instanceof Uint8Array)) {
        throw new Failure('message/malformed', { reason: 'not a list of licences' });
      }
      return page;
    },
    ack: async (message) => void (await post('/v1/acks', message)),
    usage: (message) => post('/v1/usages', message),
    async voidClaim(message) {
      const body = await post('/v1/void-claims', message);
      return body.length === 0 ? null : body;
    },
    head: (message) => post('/v1/heads', message),
    recover: async (message) => void (await post('/v1/recoveries', message)),
    decommission: async (message) => void (await post('/v1/decommissions', message)),
    time: (nonce) => ask('/v1/time', { nonce: hex(nonce) }),
    statusList: () => get('/v1/status/1'),
  };
}

function cbor(body: Uint8Array): unknown {
  try {
    return decodeCbor(body, licencePageBytes);
  } catch (error) {
    throw isFailure(error) ? error : new Failure('message/malformed', { reason: 'not CBOR' }, error);
  }
}
