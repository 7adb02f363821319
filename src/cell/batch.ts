import type { ContentKeyHandle, Job, Token } from '#hsm/token.ts';
import { recipientFor, type VerifiedManifest } from '#recipes/manifest.ts';
import { type OpenRecipe, openRecipe, type PieceBuffers } from '#recipes/open.ts';
import type { SealedFile } from '#recipes/sealed-file.ts';
import type { Clock } from '#shared/clock.ts';
import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { instant } from '#shared/units.ts';
import type { Books } from './books.ts';
import type { Identity } from './identity.ts';
import type { Granted, Use } from './licences/ledger.ts';
import type { LicenceFiles } from './licences/licence-files.ts';
import { obstacleTo } from './licences/usable.ts';
import type { Spool } from './spool.ts';
import type { TimeView } from './trusted-time.ts';

/** A licensed recipe, ready to be poured: both content keys unwrapped in the token, the check piece opened. */
export interface Batch extends AsyncDisposable {
  readonly order: string;
  readonly use: Use;
  readonly granted: Granted;
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
  readonly clock: Clock;
  readonly time: TimeView;
  readonly licenceFiles: LicenceFiles;
}

/**
 * CHECKED of licence.md: nothing is spent. The session that unwrapped the keys stays open until the batch is disposed.
 * @throws Failure `licence/key-gone`, `licence/expired`, `licence/unsynced`, `licence/list-stale`, `licence/damaged`,
 * `time/untrusted`, `recipe/unknown`, `recipe/digest-mismatch`, `recipe/epoch-not-held`, `machine/profile-too-low`,
 * `recipe/piece-not-authentic`, `token/key-missing`, `token/failed`
 */
export async function prepareBatch(order: string, use: Use, ports: BatchPorts): Promise<Batch> {
  const { token, books, identity, spool, time } = ports;
  if (!token.hasKey(use.label)) throw new Failure('licence/key-gone', { kid: hex(use.kid) });
  const granted = use.cti === null ? undefined : books.ledger.licences.get(hex(use.cti));
  if (granted === undefined) throw new Failure('licence/none', { order });
  const { payload: licence } = await ports.licenceFiles.read(granted);
  const obstacle = obstacleTo(granted, books.ledger, time);
  if (obstacle !== null) throw new Failure(obstacle);
  const slot = licence.slots.find(({ kid }) => sameBytes(kid, use.kid));
  if (slot === undefined) throw new Failure('licence/key-unknown');

  await using stack = new AsyncDisposableStack();
  const file = stack.use(await spool.open(granted.manifest, instant(licence.iat * 1000)));
  const { recipe_id, version } = file.manifest;
  if (!sameBytes(recipe_id, granted.recipe) || version !== granted.version) {
    throw new Failure('licence/manifest-mismatch');
  }
  if (file.manifest.min_profile === 'H' && identity.profile !== 'H') throw new Failure('machine/profile-too-low');
  // a session carries one operation at a time: what is opened ahead has one of its own
  const lic = stack.use(token.openJob());
  const mfr = ports.buffers.ahead === undefined ? lic : stack.use(token.openJob());
  const keys = {
    mfr: await unwrapOuter(file, mfr, identity),
    lic: await unwrapInner(lic, use.label, slot.content_key),
  };
  const recipe = stack.use(openRecipe(file, { mfr, lic }, keys, ports.buffers));
  (await recipe.openPiece(0))[Symbol.dispose]();
  const held = stack.move();
  return { order, use, granted, manifest: file.manifest, recipe, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

function unwrapOuter({ manifest }: SealedFile, job: Job, identity: Identity): Promise<ContentKeyHandle> {
  const { classKeys } = identity;
  const mine = recipientFor(
    manifest,
    classKeys.map(({ digest }) => digest),
  );
  const held = classKeys.find(({ digest }) => mine !== null && sameBytes(digest, mine.kid));
  if (mine !== null && held !== undefined) return job.unwrapContentKey(held.label, mine.key);
  const epochs = classKeys.map(({ epoch }) => epoch).join(' ');
  throw new Failure('recipe/epoch-not-held', { class: manifest.machine_class, held: epochs });
}

async function unwrapInner(job: Job, label: string, wrapped: Uint8Array): Promise<ContentKeyHandle> {
  try {
    return await job.unwrapContentKey(label, wrapped);
  } catch (error) {
    if (isFailure(error, 'token/key-missing')) throw new Failure('licence/key-gone', { label }, error);
    throw error;
  }
}
