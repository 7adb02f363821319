import type { ContentKeyHandle, Job, Token } from '#hsm/token.ts';
import type { VerifiedManifest } from '#recipes/manifest.ts';
import { type OpenRecipe, openRecipe, type PieceBuffers } from '#recipes/open.ts';
import type { SealedFile } from '#recipes/sealed-file.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { type Instant, instant } from '#shared/units.ts';
import type { Books } from './books.ts';
import type { Identity } from './identity.ts';
import { storedLicence } from './licences/accept.ts';
import { type Use, unsyncedUses } from './licences/ledger.ts';
import type { Spool } from './spool.ts';

/** A licensed recipe, ready to be poured: both content keys unwrapped in the token, the check piece opened. */
export interface Batch extends AsyncDisposable {
  readonly order: string;
  readonly use: Use;
  /** Until when it may be begun. */
  readonly expires: Instant;
  readonly manifest: VerifiedManifest;
  readonly recipe: OpenRecipe;
}

export interface BatchPorts {
  readonly token: Token;
  readonly books: Books;
  readonly identity: Identity;
  readonly spool: Spool;
  /** The one place in memory where a piece is ever open; wiped by whoever opened it. */
  readonly buffers: PieceBuffers;
  readonly disk: Disk;
  readonly clock: Clock;
}

/**
 * CHECKED of licence.md: nothing is spent. The session that unwrapped the keys stays open until the batch is disposed.
 * @throws Failure `licence/key-gone`, `licence/expired`, `licence/unsynced`, `licence/malformed`, `recipe/unknown`, `recipe/digest-mismatch`,
 * `recipe/piece-not-authentic`, `token/key-missing`, `token/failed`
 */
export async function prepareBatch(order: string, use: Use, ports: BatchPorts): Promise<Batch> {
  const { token, books, identity, spool, clock } = ports;
  if (!token.hasKey(use.label)) throw new Failure('licence/key-gone', { kid: hex(use.kid) });
  const granted = use.cti === null ? undefined : books.ledger.licences.get(hex(use.cti));
  if (granted === undefined) throw new Failure('licence/none', { order });
  const { payload: licence } = await storedLicence(granted, ports);
  const expires = instant(licence.exp * 1000);
  if (clock.now() > expires) throw new Failure('licence/expired');
  const unsynced = unsyncedUses(books.ledger);
  if (unsynced >= licence.terms.max_unsynced) throw new Failure('licence/unsynced', { unsynced });
  const slot = licence.slots.find(({ kid }) => sameBytes(kid, use.kid));
  if (slot === undefined) throw new Failure('licence/key-unknown');

  await using stack = new AsyncDisposableStack();
  const file = stack.use(await spool.open(granted.manifest, instant(licence.iat * 1000)));
  const job = stack.use(token.openJob());
  const keys = {
    mfr: await unwrapOuter(file, job, identity),
    lic: await unwrapInner(job, use.label, slot.content_key),
  };
  const recipe = stack.use(openRecipe(file, job, keys, ports.buffers));
  (await recipe.openPiece(0))[Symbol.dispose]();
  const held = stack.move();
  return { order, use, expires, manifest: file.manifest, recipe, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

function unwrapOuter({ manifest }: SealedFile, job: Job, identity: Identity): Promise<ContentKeyHandle> {
  for (const { kid, key } of manifest.layers[0].recipients) {
    const mine = identity.classKeys.find(({ digest }) => sameBytes(digest, kid));
    if (mine !== undefined) return job.unwrapContentKey(mine.label, key);
  }
  throw new Failure('recipe/wrong-class', { class: manifest.machine_class });
}

async function unwrapInner(job: Job, label: string, wrapped: Uint8Array): Promise<ContentKeyHandle> {
  try {
    return await job.unwrapContentKey(label, wrapped);
  } catch (error) {
    if (isFailure(error, 'token/key-missing')) throw new Failure('licence/key-gone', { label }, error);
    throw error;
  }
}
