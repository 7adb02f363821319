import { z } from 'zod';
import { readManifest, type VerifiedManifest } from '#recipes/manifest.ts';
import { fromHex, sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { skipItem } from '#wire/cbor.ts';
import { sha256 } from '#wire/signed-message.ts';
import { bytes } from '../database/columns.ts';
import { one } from '../database/database.ts';
import type { CataloguePorts } from './ports.ts';

/** A recipe as paths name it: 32 hexadecimal digits, and the version. */
export interface RecipeName {
  readonly recipe: string;
  readonly version: number;
}

/** A sealed recipe is at most this long. */
export const maxSealedBytes = 8 * 1024 * 1024;

const publishedRow = z.object({ manifest: bytes, author: z.string() });
const sealedRow = z.object({ sealed: bytes });
const digestRow = z.object({ digest: bytes });

/**
 * Publishes a sealed recipe under its author's signature; the same file again changes nothing.
 * @throws Failure `recipe/malformed`, `recipe/not-authentic`, `recipe/digest-mismatch`, `marketplace/duplicate` when
 * another file of that name is published
 */
export async function publishRecipe(ports: CataloguePorts, name: RecipeName, sealed: Uint8Array): Promise<void> {
  const manifest = readSealed(ports, sealed);
  const recipe = fromHex(name.recipe);
  if (!sameBytes(manifest.recipe_id, recipe) || manifest.version !== name.version) {
    throw new Failure('recipe/malformed', { reason: 'published under another name than its own' });
  }
  const digest = sha256(sealed);
  const inserted = await ports.database.query(
    `insert into catalogue.recipe (recipe, version, manifest, machine_class, author, digest, sealed)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning version`,
    [recipe, manifest.version, manifest.digest, manifest.machine_class, manifest.author, digest, sealed],
  );
  if (inserted.length === 0) await requireSame(ports, recipe, manifest.version, digest);
}

async function requireSame(
  { database }: CataloguePorts,
  recipe: Uint8Array,
  version: number,
  digest: Uint8Array,
): Promise<void> {
  const sql = 'select digest from catalogue.recipe where recipe = $1 and version = $2';
  const before = await one(database, digestRow, sql, [recipe, version]);
  if (before === null || !sameBytes(before.digest, digest)) throw new Failure('marketplace/duplicate', { version });
}

/** The manifest of a whole sealed file; what its pieces hold nobody here can tell. */
function readSealed({ anchors, clock }: CataloguePorts, sealed: Uint8Array): VerifiedManifest {
  const end = endOfManifest(sealed);
  const manifest = readManifest(sealed.slice(0, end), anchors, clock.now());
  if (sealed.length !== end + manifest.piece_len * manifest.piece_count) {
    throw new Failure('recipe/malformed', { reason: 'not as long as its manifest says' });
  }
  if (!sameBytes(sha256(sealed.subarray(end)), manifest.body_sha256)) throw new Failure('recipe/digest-mismatch', {});
  return manifest;
}

function endOfManifest(sealed: Uint8Array): number {
  try {
    return skipItem(sealed, 0);
  } catch (error) {
    throw new Failure('recipe/malformed', { reason: 'no manifest' }, error);
  }
}

/** Manifest digest and author of a published recipe; null when there is none. */
export function publishedRecipe(
  { database }: CataloguePorts,
  recipe: Uint8Array,
  version: number,
): Promise<{ manifest: Uint8Array; author: string } | null> {
  const sql = 'select manifest, author from catalogue.recipe where recipe = $1 and version = $2';
  return one(database, publishedRow, sql, [recipe, version]);
}

/** The sealed file; @throws Failure `recipe/unknown`. */
export async function sealedFile({ database }: CataloguePorts, name: RecipeName): Promise<Uint8Array> {
  const sql = 'select sealed from catalogue.recipe where recipe = $1 and version = $2';
  const row = await one(database, sealedRow, sql, [fromHex(name.recipe), name.version]);
  if (row === null) throw new Failure('recipe/unknown', { recipe: name.recipe, version: name.version });
  return row.sealed;
}
