import { fromHex, sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { maxChunkBytes } from '#wire/cell-api.ts';
import type { Listing } from '#wire/marketplace-api.ts';
import type { CellClient } from '../cell/cell-client.ts';
import type { MarketplaceClient } from '../marketplace/marketplace-client.ts';
import { isSpooled, type Shelf } from './shelf.ts';

export interface RestockPorts {
  readonly cell: Pick<CellClient, 'ask'>;
  readonly marketplace: Pick<MarketplaceClient, 'listings' | 'sealed' | 'picture'>;
  readonly shelf: Shelf;
  readonly log: Log;
}

const elsewhere = ['marketplace/unreachable', 'marketplace/not-authorised', 'machine/cell-unreachable'] as const;

/**
 * Brings shelf and spool up to the marketplace's listings: new sealed files are streamed into the cell, which verifies
 * them. A recipe that the cell refuses is not offered.
 * @throws Failure when marketplace or cell cannot be asked
 */
export async function restock(ports: RestockPorts): Promise<void> {
  const { cell, marketplace, shelf, log } = ports;
  const status = await cell.ask('status', {});
  const listings = await marketplace.listings(status.machine_class);
  for (const listing of listings) {
    if (shelf.has(listing) && isSpooled(listing, status.spooled)) continue;
    try {
      await fetchRecipe(listing, ports);
    } catch (error) {
      // what concerns all of them is the caller's to wait for
      if (!isFailure(error) || elsewhere.some((code) => code === error.code)) throw error;
      log.warn('recipe not taken', { slug: listing.slug, code: error.code });
    }
  }
  shelf.keepOnly(listings.map(({ slug }) => slug));
}

async function fetchRecipe(listing: Listing, { cell, marketplace, shelf, log }: RestockPorts): Promise<void> {
  const [sealed, picture] = await Promise.all([
    marketplace.sealed(listing.recipe, listing.version),
    marketplace.picture(listing.recipe, listing.version),
  ]);
  const { upload } = await cell.ask('spool_begin', { size: sealed.length });
  for (let at = 0; at < sealed.length; at += maxChunkBytes) {
    await cell.ask('spool_chunk', { upload, at, bytes: sealed.slice(at, at + maxChunkBytes) });
  }
  const { manifest } = await cell.ask('spool_end', { upload });
  if (!sameBytes(manifest, fromHex(listing.manifest))) throw new Failure('recipe/digest-mismatch');
  shelf.put(listing, sealed, picture);
  log.info('recipe spooled', { slug: listing.slug, version: listing.version });
}
