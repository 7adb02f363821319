import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { cellClient } from '#desk/cell/cell-client.ts';
import { marketplaceClient, type WantedUses } from '#desk/marketplace/marketplace-client.ts';
import { marketplaceSession } from '#desk/marketplace/session.ts';
import { nodeHttpsClient } from '#desk/node-https-client.ts';
import { nodeTlsKey } from '#desk/node-tls-key.ts';
import { Sync } from '#desk/sync.ts';
import { requireConfig } from '#shared/config.ts';
import { fromHex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { connectUnix } from '#shared/node/unix-socket.ts';
import { machineConfig } from '#wire/machine-config.ts';
import type { MachinePlace } from '../machine-place.ts';

export interface Wanted extends WantedUses {
  readonly slug: string;
  /** Of the purchase; the same again buys nothing twice. */
  readonly order: string;
}

/** A purchase of uses ahead; money in satoshi, for all of them. */
export interface Bought {
  readonly order: string;
  readonly drink: string;
  readonly uses: number;
  readonly seq: number;
  readonly price_sat: number;
  readonly licensor_sat: number;
  readonly marketplace_sat: number;
}

/**
 * Buys uses of a drink ahead, through the cell's own checks and caps: what the operator pays for stock, before any guest
 * orders. `confirm` is asked with the price; null when it says no.
 * @throws Failure `recipe/unknown`, `licence/prekeys-missing`, `offer/price-mismatch`, and what cell and marketplace refuse with
 */
export async function buyAhead(
  place: MachinePlace,
  wanted: Wanted,
  confirm: (price: number) => Promise<boolean>,
): Promise<Bought | null> {
  const config = requireConfig(place.config, await readFile(place.config, 'utf8'), machineConfig);
  const ca = await readFile(resolve(dirname(place.config), config.marketplace.ca), 'utf8');
  await using stack = new AsyncDisposableStack();
  const cell = stack.adopt(cellClient(await connectUnix(place.deskSocket)), (client) => client.close());
  const https = stack.adopt(nodeHttpsClient(config.marketplace.url, ca), (client) => client.close());
  const ports = { cell, clock: systemClock, log: silentLog };
  const marketplace = marketplaceClient(marketplaceSession({ ...ports, https, makeKey: nodeTlsKey }));
  const { quantity } = wanted;
  const status = await cell.ask('status', {});
  const listings = await marketplace.listings(status.machine_class);
  const listing = listings.find(({ slug }) => slug === wanted.slug);
  if (listing === undefined) throw new Failure('recipe/unknown', { drink: wanted.slug });
  if (status.prekeys.free < quantity) throw new Failure('licence/prekeys-missing', { free: status.prekeys.free });
  const quoted = listing.price_sat * quantity;
  if (!(await confirm(quoted))) return null;
  const recipe = { recipe: fromHex(listing.recipe), version: listing.version };
  const { nonce } = await cell.ask('offer_nonce', { ...recipe, quantity });
  const { slug: _slug, order, ...uses } = wanted;
  const offer = await marketplace.offer(listing.recipe, listing.version, nonce, uses);
  const { message, price } = await cell.ask('order', { order, offer, stock: true });
  if (price !== quoted) throw new Failure('offer/price-mismatch', { price, paid: quoted });
  const { seq, split } = await marketplace.order(message);
  await new Sync({ ...ports, marketplace, licencePost: { tell: () => undefined } }).licences();
  const money = { price_sat: price, licensor_sat: split.licensor_sat, marketplace_sat: split.marketplace_sat };
  return { order, drink: wanted.slug, uses: quantity, seq, ...money };
}
