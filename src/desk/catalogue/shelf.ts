import type { DatabaseSync } from 'node:sqlite';
import { fromHex, hex } from '#shared/entropy.ts';
import { type Manifest, peekManifest } from '#recipes/manifest.ts';
import { skipItem } from '#wire/cbor.ts';
import { type Listing, listing as listingSchema } from '#wire/marketplace-api.ts';

/** A recipe that this machine has in its spool, with what the marketplace says about it. */
export interface ShelvedDrink {
  readonly listing: Listing;
  readonly manifest: Manifest & { readonly digest: Uint8Array };
}

/** The recipes that can be offered, kept in desk's database; public parts only. */
export interface Shelf {
  drinks(): readonly ShelvedDrink[];
  find(slug: string): ShelvedDrink | null;
  picture(slug: string): Uint8Array | null;
  /** Whether this very listing is on the shelf already. */
  has(listing: Listing): boolean;
  put(listing: Listing, sealed: Uint8Array, picture: Uint8Array): void;
  /** Takes off what the marketplace no longer lists. */
  keepOnly(slugs: readonly string[]): void;
}

export function openShelf(database: DatabaseSync): Shelf {
  database.exec(`CREATE TABLE IF NOT EXISTS shelf (
    slug TEXT PRIMARY KEY, listing TEXT NOT NULL, item0 BLOB NOT NULL, picture BLOB NOT NULL) STRICT`);
  let drinks = load(database);
  const reload = (): void => {
    drinks = load(database);
  };
  return {
    drinks: () => drinks,
    find: (slug) => drinks.find(({ listing }) => listing.slug === slug) ?? null,
    picture(slug) {
      const row = database.prepare('SELECT picture FROM shelf WHERE slug = ?').get(slug);
      return row?.picture instanceof Uint8Array ? row.picture : null;
    },
    has: (listing) =>
      drinks.some((drink) => JSON.stringify(drink.listing) === JSON.stringify(listingSchema.parse(listing))),
    put(listing, sealed, picture) {
      const item0 = sealed.slice(0, skipItem(sealed, 0));
      database
        .prepare('INSERT OR REPLACE INTO shelf (slug, listing, item0, picture) VALUES (?, ?, ?, ?)')
        .run(listing.slug, JSON.stringify(listingSchema.parse(listing)), item0, picture);
      reload();
    },
    keepOnly(slugs) {
      database
        .prepare('DELETE FROM shelf WHERE slug NOT IN (SELECT value FROM json_each(?))')
        .run(JSON.stringify(slugs));
      reload();
    },
  };
}

function load(database: DatabaseSync): ShelvedDrink[] {
  return database
    .prepare('SELECT listing, item0 FROM shelf ORDER BY slug')
    .all()
    .flatMap(({ listing, item0 }) => {
      const drink = typeof listing === 'string' && item0 instanceof Uint8Array ? read(listing, item0) : null;
      return drink === null ? [] : [drink];
    });
}

/** What a row holds; null when an older release wrote it in another form, so that it is fetched anew. */
function read(listing: string, item0: Uint8Array): ShelvedDrink | null {
  try {
    return { listing: listingSchema.parse(JSON.parse(listing)), manifest: peekManifest(item0) };
  } catch {
    return null;
  }
}

/** Whether the manifest of a listed recipe is among those that the cell has spooled. */
export function isSpooled(listing: Listing, spooled: readonly Uint8Array[]): boolean {
  const digest = fromHex(listing.manifest);
  return spooled.some((one) => hex(one) === hex(digest));
}
