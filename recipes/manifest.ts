import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import { decodeCbor, skipItem } from '#wire/cbor.ts';
import { type TrustAnchors, type TrustedParty, verifyChain } from '#wire/certificate-chain.ts';
import { decodeSign1, type Sign1 } from '#wire/cose-sign1.ts';
import { sha256 } from '#wire/signed-message.ts';
import { verifySign1 } from '#wire/verify-sign1.ts';
import { manifestFlaw } from './manifest-flaw.ts';
import { type Manifest, manifestSchema, manifestType, maxManifestBytes } from './manifest-schema.ts';

export { type Bounds, type Label, type Manifest, maxManifestBytes } from './manifest-schema.ts';

declare const verified: unique symbol;

/** A manifest whose author, signature and form are checked; made only by `readManifest`. */
export interface VerifiedManifest extends Manifest {
  readonly [verified]: true;
  readonly signedBy: TrustedParty;
  /** SHA-256 of item 0's bytes, by which licences and offers name this recipe. */
  readonly digest: Uint8Array;
  /** Bytes of item 0; pieces begin there. */
  readonly length: number;
}

/**
 * Item 0 of a sealed recipe, of which `start` holds the beginning (the whole file, or its first `maxManifestBytes`).
 * @throws Failure `recipe/malformed`
 */
export function manifestItem(start: Uint8Array): Uint8Array {
  const window = start.subarray(0, maxManifestBytes);
  return window.slice(
    0,
    renamed(() => skipItem(window, 0)),
  );
}

/**
 * The public part of a sealed recipe from the bytes of its item 0. `at` is the time by which the author's certificates
 * are judged: that of the licence where there is one.
 * @throws Failure `recipe/malformed`, `recipe/not-authentic`
 */
export function readManifest(item: Uint8Array, anchors: TrustAnchors, at: Instant): VerifiedManifest {
  const message = renamed(() => decodeSign1(item, maxManifestBytes));
  if (message.type !== manifestType) throw notAuthentic('not a manifest');
  const signedBy = renamed(() => verifyChain(message.chain, 'author', anchors, at));
  if (!verifySign1(message, signedBy.key)) throw notAuthentic('the signature is wrong');
  const manifest = readPayload(message);
  if (manifest.author !== signedBy.name) throw notAuthentic('names another author than its certificate');
  return { ...manifest, signedBy, digest: sha256(item), length: item.length } as VerifiedManifest;
}

/**
 * The public part without a look at signature and certificates: for one who has the word of somebody that did look (desk
 * has the cell's). The digest tells which recipe was looked at.
 * @throws Failure `recipe/malformed`
 */
export function peekManifest(item: Uint8Array): Manifest & { readonly digest: Uint8Array } {
  return { ...readPayload(renamed(() => decodeSign1(item, maxManifestBytes))), digest: sha256(item) };
}

function readPayload(message: Sign1): Manifest {
  const parsed = manifestSchema.safeParse(renamed(() => decodeCbor(message.payload, maxManifestBytes)));
  if (!parsed.success)
    throw malformed(`field ${parsed.error.issues[0]?.path.join('.') ?? ''} is not as the schema says`);
  const flaw = manifestFlaw(parsed.data);
  if (flaw !== null) throw malformed(flaw);
  return parsed.data;
}

/**
 * The outer content key as it was wrapped to a class key that this machine holds, newest of `held` first; null when the
 * recipe was sealed for none of them.
 */
export function recipientFor(
  { layers }: Pick<Manifest, 'layers'>,
  held: readonly Uint8Array[],
): { readonly kid: Uint8Array; readonly key: Uint8Array } | null {
  for (const digest of held) {
    const mine = layers[0].recipients.find(({ kid }) => sameBytes(kid, digest));
    if (mine !== undefined) return mine;
  }
  return null;
}

/** The recipe's id as it stands in paths, topics and views. */
export function recipeName(manifest: Pick<Manifest, 'recipe_id'>): string {
  return hex(manifest.recipe_id);
}

/** Failures of the wire under the names that they have for a recipe. */
function renamed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isFailure(error, 'message/malformed', 'message/too-large')) throw malformed(error.message, error);
    if (isFailure(error, 'message/not-authentic')) throw notAuthentic(error.message, error);
    throw error;
  }
}

function malformed(reason: string, cause?: unknown): Failure {
  return new Failure('recipe/malformed', { reason }, cause);
}

function notAuthentic(reason: string, cause?: unknown): Failure {
  return new Failure('recipe/not-authentic', { reason }, cause);
}
