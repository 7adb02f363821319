import { z } from 'zod';
import { splitPrice } from '#payment/split.ts';
import { fromHex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { satoshi } from '#shared/units.ts';
import { decodeCbor } from '#wire/cbor.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import type { OfferRequest } from '#wire/marketplace-api.ts';
import { messages, type Payload } from '#wire/messages.ts';
import { sealMessage, sha256 } from '#wire/signed-message.ts';
import { bytes, whole } from '../database/columns.ts';
import { one, type Transaction } from '../database/database.ts';
import type { CataloguePorts } from './ports.ts';
import { publishedRecipe } from './recipes.ts';

/** How long an offer stands, in ms. */
export const offerLifetime = 10 * 60 * 1000;

/** How far away the end of a licence's window may be, in ms. */
const longestWindow = 366 * 24 * 3600 * 1000;

/** Uses that a machine may hold without telling licensing what became of them. */
const maxUnsynced = 8;

/** Paid from the prepaid account: there is no script to pay to. */
const noScript = new Uint8Array(0);

const offerRow = z.object({ message: bytes, licensor: z.string(), expires: whole, accepted: z.boolean() });

/**
 * A signed OFFER for `machine`, bound to the nonce of its cell, good for ten minutes.
 * @throws Failure `recipe/unknown`, `machine/quarantined`, `machine/profile-too-low` when the author asks for keys that
 * never leave the token and the machine's certificate does not promise them
 */
export async function makeOffer(ports: CataloguePorts, machine: string, request: OfferRequest): Promise<Uint8Array> {
  const recipe = fromHex(request.recipe);
  await ports.prices.requireGoodStanding(machine);
  const published = await publishedRecipe(ports, recipe, request.version);
  const asked = await ports.prices.price(recipe, request.version);
  if (published === null || asked === null) throw new Failure('recipe/unknown', { recipe: request.recipe });
  if (asked.minProfile === 'H' && (await ports.profiles.profile(machine)) !== 'H') {
    throw new Failure('machine/profile-too-low', { machine });
  }
  const price = asked.price * request.quantity;
  const offer: Payload<'OFFER'> = {
    offer: ports.entropy.bytes(16),
    machine,
    recipe,
    version: request.version,
    manifest: published.manifest,
    quantity: request.quantity,
    price,
    outputs: outputsOf(price),
    terms: { kind: request.window === undefined ? 'single_use' : 'window', max_unsynced: maxUnsynced },
    ...(request.window === undefined ? {} : { window: windowWithin(request.window, ports.clock.now()) }),
    min_profile: asked.minProfile,
    expires: ports.clock.now() + offerLifetime,
    nonce: fromHex(request.nonce),
  };
  const message = await sealMessage('OFFER', offer, ports.signer);
  await store(ports, offer, message, published.author);
  return message;
}

/** @throws Failure `offer/expired` for a window that is over, or further away than a year */
function windowWithin(window: { nbf: number; exp: number }, now: number): { nbf: number; exp: number } {
  if (window.exp * 1000 <= now || window.exp * 1000 > now + longestWindow) throw new Failure('offer/expired', {});
  return window;
}

function outputsOf(price: number): Payload<'OFFER'>['outputs'] {
  const { licensor, marketplace } = splitPrice(satoshi(price));
  return [
    { role: 'licensor', script: noScript, sat: Number(licensor) },
    { role: 'marketplace', script: noScript, sat: Number(marketplace) },
  ];
}

async function store(
  { database, clock }: CataloguePorts,
  { machine, expires }: Payload<'OFFER'>,
  message: Uint8Array,
  licensor: string,
): Promise<void> {
  await database.query('delete from catalogue.offer where expires < $1 and not accepted', [
    clock.now() - offerLifetime,
  ]);
  await database.query(
    'insert into catalogue.offer (machine, digest, expires, message, licensor) values ($1, $2, $3, $4, $5)',
    [machine, sha256(message), expires, message, licensor],
  );
}

/**
 * Marks an offer as accepted by the machine that it was made for, in the transaction of the order.
 * @throws Failure `offer/unknown`, `offer/expired`, `marketplace/duplicate` when another order took it
 */
export async function acceptOffer(
  { clock }: Pick<CataloguePorts, 'clock'>,
  transaction: Transaction,
  machine: string,
  digest: Uint8Array,
): Promise<{ offer: Payload<'OFFER'>; licensor: string }> {
  const sql = `select message, licensor, expires, accepted from catalogue.offer
    where machine = $1 and digest = $2 for update`;
  const row = await one(transaction, offerRow, sql, [machine, digest]);
  if (row === null) throw new Failure('offer/unknown', { machine });
  if (row.accepted) throw new Failure('marketplace/duplicate', { reason: 'another order took this offer' });
  if (row.expires < clock.now()) throw new Failure('offer/expired', {});
  await transaction.query('update catalogue.offer set accepted = true where machine = $1 and digest = $2', [
    machine,
    digest,
  ]);
  return { offer: ownOffer(row.message), licensor: row.licensor };
}

/** What stands in an offer that this service signed and kept itself. */
function ownOffer(message: Uint8Array): Payload<'OFFER'> {
  const { schema, maxBytes } = messages.OFFER;
  return schema.parse(decodeCbor(decodeSign1(message, maxBytes).payload, maxBytes));
}
