import { z } from 'zod';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Satoshi } from '#shared/units.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import { amount, bytes } from '../database/columns.ts';
import { one, type Queries } from '../database/database.ts';
import type { LicensingPorts } from './ports.ts';

/** What the author asks for one use of a recipe. */
export interface Deposit {
  readonly manifest: Uint8Array;
  readonly price: Satoshi;
  readonly minProfile: 'H' | 'S';
  readonly author: string;
  /** Under a key of licensing's token. */
  readonly contentKey: Uint8Array;
}

const depositRow = z
  .object({ manifest: bytes, price: amount, min_profile: z.enum(['H', 'S']), author: z.string(), content_key: bytes })
  .transform(
    ({ manifest, price, min_profile, author, content_key }): Deposit => ({
      manifest,
      price,
      author,
      minProfile: min_profile,
      contentKey: content_key,
    }),
  );

const digestRow = z.object({ digest: bytes });

/**
 * Takes the content key of a published recipe into the token; the same message again changes nothing.
 * @throws Failure `recipe/unknown` when it is not published, `recipe/digest-mismatch`, `message/not-authentic` when
 * another author published it, `licence/key-unknown` for another deposit key, `marketplace/duplicate`
 */
export async function acceptDeposit(ports: LicensingPorts, message: Uint8Array): Promise<void> {
  const { payload, from, digest } = openMessage('DEPOSIT', message, ports.anchors, ports.clock.now());
  const recipe = await ports.offers.published(payload.recipe, payload.version);
  if (recipe === null) throw new Failure('recipe/unknown', {});
  if (!sameBytes(recipe.manifest, payload.manifest)) throw new Failure('recipe/digest-mismatch', {});
  if (recipe.author !== from.name) throw new Failure('message/not-authentic', { reason: 'another author' });
  if (!sameBytes(payload.deposit_key, sha256(ports.contentKeys.depositPublicKey())))
    throw new Failure('licence/key-unknown', {});
  if (await isRepeated(ports, payload.recipe, payload.version, digest)) return;
  const contentKey = await ports.contentKeys.accept(payload.content_key);
  await ports.database.query(
    `insert into licensing.deposit (recipe, version, manifest, author, digest, content_key, price, min_profile)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      payload.recipe,
      payload.version,
      payload.manifest,
      from.name,
      digest,
      contentKey,
      BigInt(payload.price),
      payload.min_profile,
    ],
  );
}

async function isRepeated(
  { database }: LicensingPorts,
  recipe: Uint8Array,
  version: number,
  digest: Uint8Array,
): Promise<boolean> {
  const sql = 'select digest from licensing.deposit where recipe = $1 and version = $2';
  const before = await one(database, digestRow, sql, [recipe, version]);
  if (before === null) return false;
  if (sameBytes(before.digest, digest)) return true;
  throw new Failure('marketplace/duplicate', { reason: 'another deposit for this recipe' });
}

/** The deposit for a recipe; null when nobody made one. */
export function findDeposit(queries: Queries, recipe: Uint8Array, version: number): Promise<Deposit | null> {
  const sql = `select manifest, price, min_profile, author, content_key from licensing.deposit
    where recipe = $1 and version = $2`;
  return one(queries, depositRow, sql, [recipe, version]);
}
