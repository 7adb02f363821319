import { createHash } from 'node:crypto';
import { sameBytes } from '#shared/entropy.ts';
import { Failure, invariant } from '#shared/failure.ts';
import { Turn } from '#shared/turn.ts';
import type { Instant } from '#shared/units.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import { type MachineClass, type MachineClasses, machineClassOf, releasedClasses } from './machine-class.ts';
import { manifestItem, readManifest, type VerifiedManifest } from './manifest.ts';
import { maxManifestBytes } from './manifest-schema.ts';

/** Bytes at rest, read anywhere; a `DiskFile` is one. */
export interface RandomAccess {
  size(): Promise<number>;
  /** Reads `into.length` bytes from `at`, fewer only at the end; answers how many. */
  readAt(at: number, into: Uint8Array): Promise<number>;
}

/** Read at once where the body is hashed. */
const blockBytes = 256 * 1024;
/** Read at once where pieces are asked for in order. */
const pieceBlockBytes = 512 * 1024;

/** A sealed recipe whose manifest is verified and whose pieces are found by arithmetic. */
export interface SealedFile {
  readonly manifest: VerifiedManifest;
  readonly machineClass: MachineClass;
  /**
   * Fills `into` (`piece_len` bytes) with the sealed piece `index`.
   * @throws Failure `recipe/malformed` when the file has become shorter
   */
  readPiece(index: number, into: Uint8Array): Promise<void>;
  /**
   * Reads all pieces once and compares their SHA-256 with the manifest's; to be called before a licence is burned.
   * @throws Failure `recipe/digest-mismatch`
   */
  verifyBody(): Promise<void>;
}

/**
 * The sealed recipe in `bytes`, of one of `classes`, manifest verified, size exactly as the manifest says; no piece read yet.
 * What it holds in memory is the manifest, however long the file.
 * @throws Failure `recipe/malformed`, `recipe/not-authentic`, `recipe/wrong-class`
 */
export async function openSealedFile(
  bytes: RandomAccess,
  anchors: TrustAnchors,
  at: Instant,
  classes: MachineClasses = releasedClasses,
): Promise<SealedFile> {
  const size = await bytes.size();
  const manifest = readManifest(manifestItem(await readStart(bytes)), anchors, at);
  const machineClass = machineClassOf(manifest.machine_class, classes);
  if (machineClass === null) throw new Failure('recipe/wrong-class', { class: manifest.machine_class });
  const { length, piece_len: pieceLength, piece_count: pieceCount } = manifest;
  if (pieceLength !== machineClass.pieceBytes || pieceCount > machineClass.maxPieces) throw malformed('pieces');
  if (size !== length + pieceLength * pieceCount) throw malformed('the file is not as long as its manifest says');
  const readPiece = pieceReader(bytes, manifest);
  return {
    manifest,
    machineClass,
    async readPiece(index, into) {
      invariant(Number.isInteger(index) && index >= 0 && index < pieceCount, 'a piece of this recipe');
      invariant(into.length === pieceLength, 'room for exactly one piece');
      await readPiece(index, into);
    },
    verifyBody: () => verifyBody(bytes, size, manifest),
  };
}

/** Reads pieces, one after the other; what follows one that was asked for in order is read with it, in one go. */
function pieceReader(
  bytes: RandomAccess,
  manifest: VerifiedManifest,
): (index: number, into: Uint8Array) => Promise<void> {
  const { length, piece_len: pieceLength, piece_count: pieceCount } = manifest;
  const together = Math.min(pieceCount, Math.floor(pieceBlockBytes / pieceLength));
  const turn = new Turn();
  let block: Uint8Array | null = null;
  let [first, held, expected] = [0, 0, -1];

  async function fill(index: number): Promise<Uint8Array> {
    held = 0;
    block ??= new Uint8Array(together * pieceLength);
    const count = Math.min(together, pieceCount - index);
    await readFully(bytes, length + index * pieceLength, block.subarray(0, count * pieceLength));
    [first, held] = [index, count];
    return block;
  }

  return (index, into) =>
    turn.take(async () => {
      const isInOrder = index === expected;
      expected = index + 1;
      const isHeld = index >= first && index < first + held;
      if (!isHeld && !isInOrder) return readFully(bytes, length + index * pieceLength, into);
      const from = isHeld && block !== null ? block : await fill(index);
      into.set(from.subarray((index - first) * pieceLength, (index - first + 1) * pieceLength));
    });
}

/** The beginning of a sealed recipe, in which all of its manifest lies; as much as a manifest may be long. */
export async function readStart(bytes: RandomAccess): Promise<Uint8Array> {
  const start = new Uint8Array(Math.min(await bytes.size(), maxManifestBytes));
  await readFully(bytes, 0, start);
  return start;
}

async function verifyBody(bytes: RandomAccess, size: number, manifest: VerifiedManifest): Promise<void> {
  const hash = createHash('sha256');
  const blocks = [0, 1].map(() => new Uint8Array(Math.min(blockBytes, size - manifest.length)));
  let filling = readBlock(bytes, manifest.length, size, blocks[0]);
  for (let at = manifest.length, turn = 1; at < size; turn += 1) {
    const block = await filling;
    at += block.length;
    // the next block is read while this one is hashed
    filling = readBlock(bytes, at, size, blocks[turn % 2]);
    hash.update(block);
  }
  await filling;
  if ((await bytes.size()) !== size) throw malformed('the file has changed its length');
  if (!sameBytes(hash.digest(), manifest.body_sha256)) throw new Failure('recipe/digest-mismatch');
}

/** The bytes from `at` on, as many as there are and `block` holds. */
async function readBlock(
  bytes: RandomAccess,
  at: number,
  size: number,
  block = new Uint8Array(0),
): Promise<Uint8Array> {
  const part = block.subarray(0, size - at);
  await readFully(bytes, at, part);
  return part;
}

async function readFully(bytes: RandomAccess, at: number, into: Uint8Array): Promise<void> {
  let done = 0;
  while (done < into.length) {
    const read = await bytes.readAt(at + done, into.subarray(done));
    if (read === 0) throw malformed('ends too early');
    done += read;
  }
}

function malformed(reason: string): Failure {
  return new Failure('recipe/malformed', { reason });
}

/** Bytes in memory as a file at rest. */
export function inMemory(bytes: Uint8Array): RandomAccess {
  return {
    size: () => Promise.resolve(bytes.length),
    readAt(at, into) {
      const part = bytes.subarray(at, at + into.length);
      into.set(part);
      return Promise.resolve(part.length);
    },
  };
}
