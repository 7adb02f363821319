import { z } from 'zod';
import { fromHex, hex, sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { type Listing, listing } from '#wire/marketplace-api.ts';
import { openMessage } from '#wire/signed-message.ts';
import { bytes, whole } from '../database/columns.ts';
import { all, one } from '../database/database.ts';
import type { CataloguePorts } from './ports.ts';
import { publishedRecipe, type RecipeName } from './recipes.ts';

/** What of a listing the author wrote. */
const texts = listing.pick({ name: true, description: true, ingredient_names: true, accent: true });

const listingRow = z.object({
  recipe: bytes,
  version: whole,
  manifest: bytes,
  size: whole,
  author: z.string(),
  slug: z.string(),
  texts: z.string().transform((text) => texts.parse(JSON.parse(text))),
});
const pictureRow = z.object({ picture: bytes });

/**
 * Offers a published recipe under the author's texts and picture; a later one replaces it.
 * @throws Failure `recipe/unknown`, `recipe/digest-mismatch`, `message/not-authentic` when another author published it
 */
export async function list(ports: CataloguePorts, message: Uint8Array): Promise<void> {
  const { payload, from } = openMessage('LISTING', message, ports.anchors, ports.clock.now());
  const recipe = await publishedRecipe(ports, payload.recipe, payload.version);
  if (recipe === null) throw new Failure('recipe/unknown', {});
  if (!sameBytes(recipe.manifest, payload.manifest)) throw new Failure('recipe/digest-mismatch', {});
  if (recipe.author !== from.name) throw new Failure('message/not-authentic', { reason: 'another author' });
  const { name, description, ingredient_names, accent } = payload;
  await ports.database.query(
    `insert into catalogue.listing (recipe, version, slug, texts, picture, message) values ($1, $2, $3, $4, $5, $6)
     on conflict (recipe, version) do update
     set slug = excluded.slug, texts = excluded.texts, picture = excluded.picture, message = excluded.message`,
    [
      payload.recipe,
      payload.version,
      payload.slug,
      JSON.stringify({ name, description, ingredient_names, accent }),
      payload.picture,
      message,
    ],
  );
}

/** What can be bought for a machine class, in the order in which it was listed: the latest version of each recipe. */
export async function listings(ports: CataloguePorts, machineClass: string): Promise<Listing[]> {
  const rows = await all(
    ports.database,
    listingRow,
    `select recipe, version, r.manifest, octet_length(r.sealed) as size, r.author, l.slug, l.texts
     from catalogue.listing l join catalogue.recipe r using (recipe, version)
     where r.machine_class = $1 and not exists (
       select from catalogue.listing newer where newer.recipe = l.recipe and newer.version > l.version)
     order by l.position limit 1000`,
    [machineClass],
  );
  const priced = await Promise.all(rows.map((row) => priceOf(ports, row)));
  return priced.filter((found) => found !== null);
}

async function priceOf(ports: CataloguePorts, row: z.output<typeof listingRow>): Promise<Listing | null> {
  const { recipe, version, manifest, size, author, slug } = row;
  const asked = await ports.prices.price(recipe, version);
  if (asked === null) return null;
  return {
    recipe: hex(recipe),
    version,
    manifest: hex(manifest),
    size,
    slug,
    ...row.texts,
    author,
    price_sat: asked.price,
  };
}

/** The SVG of a listing; @throws Failure `recipe/unknown`. */
export async function picture({ database }: CataloguePorts, name: RecipeName): Promise<Uint8Array> {
  const sql = 'select picture from catalogue.listing where recipe = $1 and version = $2';
  const row = await one(database, pictureRow, sql, [fromHex(name.recipe), name.version]);
  if (row === null) throw new Failure('recipe/unknown', { recipe: name.recipe, version: name.version });
  return row.picture;
}
