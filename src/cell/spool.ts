import { beverage, type MachineClass, type MachineClasses } from '#recipes/machine-class.ts';
import { manifestItem, type VerifiedManifest } from '#recipes/manifest.ts';
import { openSealedFile, type RandomAccess, readStart, type SealedFile } from '#recipes/sealed-file.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk, DiskFile } from '#shared/disk.ts';
import { type Entropy, fromHex, hex, sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { Turn } from '#shared/turn.ts';
import { type Instant, type Milliseconds, milliseconds } from '#shared/units.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import { sha256 } from '#wire/signed-message.ts';

/** Sealed recipes on the cell's own disk, named by the digest of their manifest. Pieces are read from here only. */
export interface Spool {
  /**
   * Room for an upload of exactly `size` bytes; at most 4 at a time, those left alone for a minute not counted: they are
   * removed. @throws Failure `message/too-large`, `machine/busy`, `disk/failed`
   */
  begin(size: number): Promise<Uint8Array>;
  /** @throws Failure `recipe/unknown` for no upload, `message/too-large`, `disk/failed` */
  chunk(upload: Uint8Array, at: number, bytes: Uint8Array): Promise<void>;
  /** Verifies manifest and body, keeps the file, answers the manifest's digest. A refused upload is removed. */
  end(upload: Uint8Array): Promise<Uint8Array>;
  /** As `open`, of the manifest only. */
  manifest(digest: Uint8Array, at: Instant): Promise<VerifiedManifest>;
  /**
   * The recipe with that manifest, its body verified; the author's certificates are judged at `at`, the licence's time. A file
   * that is damaged is removed, so that it is fetched again.
   * @throws Failure `recipe/unknown`, `recipe/malformed`, `recipe/not-authentic`, `recipe/digest-mismatch`, `disk/failed`
   */
  open(digest: Uint8Array, at: Instant): Promise<SealedFile & AsyncDisposable>;
  has(digest: Uint8Array): boolean;
  list(): readonly Uint8Array[];
  /** Removes what is sealed for class keys that the machine holds no more. */
  dropUnheld(): Promise<void>;
}

interface Upload {
  readonly path: string;
  readonly size: number;
  readonly file: DiskFile;
  /** Its writes, and its end after them. */
  readonly turn: Turn;
  touched: Milliseconds;
}

export interface SpoolPorts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly anchors: TrustAnchors;
  /**
   * Whether the machine holds one of the class keys for which a recipe is sealed, by their digests. What it cannot open is not
   * kept, and so not sold. Held unless told.
   */
  readonly holds?: (classKeys: readonly Uint8Array[]) => boolean;
  /** The machine's own: recipes of no other are kept. Drinks unless told. */
  readonly machineClass?: MachineClass;
}

const folder = 'spool';
const uploadLimit = 4;
const abandonedAfter = milliseconds(60_000);
/** As many as the cell's status can name. */
const recipeLimit = 4096;
const pathOf = (digest: Uint8Array): string => `${folder}/${hex(digest)}.tdr`;

/** The spool below `disk`; uploads that a power cut left behind are removed. */
export async function openSpool(ports: SpoolPorts): Promise<Spool> {
  const known: Uint8Array[] = [];
  for (const name of await ports.disk.list(folder)) {
    const digest = /^([0-9a-f]{64})\.tdr$/.exec(name)?.[1];
    if (digest === undefined) await ports.disk.remove(`${folder}/${name}`);
    else known.push(fromHex(digest));
  }
  return new DiskSpool(ports, known);
}

class DiskSpool implements Spool {
  readonly #ports: SpoolPorts;
  readonly #largest: number;
  readonly #classes: MachineClasses;
  #known: readonly Uint8Array[];
  readonly #uploads = new Map<string, Upload>();
  readonly #beginning = new Turn();

  constructor(ports: SpoolPorts, known: readonly Uint8Array[]) {
    const { machineClass = beverage } = ports;
    this.#ports = ports;
    this.#largest = machineClass.maxFileBytes;
    this.#classes = new Map([[machineClass.name, machineClass]]);
    this.#known = known;
  }

  begin(size: number): Promise<Uint8Array> {
    return this.#beginning.take(async () => {
      const { disk, clock, entropy } = this.#ports;
      const limit = this.#largest;
      if (size > limit) throw new Failure('message/too-large', { bytes: size, limit });
      await this.#dropAbandoned();
      if (this.#uploads.size >= uploadLimit) throw new Failure('machine/busy', { uploads: this.#uploads.size });
      if (this.#known.length >= recipeLimit) throw new Failure('disk/failed', { reason: 'too many recipes' });
      const upload = entropy.bytes(16);
      const path = `${folder}/upload-${hex(upload)}`;
      const file = await disk.open(path);
      this.#uploads.set(hex(upload), { path, size, file, turn: new Turn(), touched: clock.monotonic() });
      return upload;
    });
  }

  async chunk(id: Uint8Array, at: number, bytes: Uint8Array): Promise<void> {
    const upload = this.#upload(id);
    if (at + bytes.length > upload.size) throw new Failure('message/too-large', { at, limit: upload.size });
    upload.touched = this.#ports.clock.monotonic();
    await upload.turn.take(() => upload.file.writeAt(at, bytes));
  }

  async end(id: Uint8Array): Promise<Uint8Array> {
    const upload = this.#upload(id);
    this.#uploads.delete(hex(id));
    // chunks that still wait to be written must not follow what is verified here
    return upload.turn.take(() => this.#keep(upload));
  }

  async #keep({ path, file }: Upload): Promise<Uint8Array> {
    const { disk, clock, anchors } = this.#ports;
    try {
      const { digest, layers } = await verifiedManifest(file, anchors, clock.now(), this.#classes);
      this.#requireHeld(layers);
      await disk.rename(path, pathOf(digest));
      if (!this.has(digest)) this.#known = [...this.#known, digest];
      return digest;
    } catch (error) {
      await disk.remove(path);
      throw error;
    }
  }

  async manifest(digest: Uint8Array, at: Instant): Promise<VerifiedManifest> {
    await using file = await this.#opened(digest, at);
    return file.manifest;
  }

  async open(digest: Uint8Array, at: Instant): Promise<SealedFile & AsyncDisposable> {
    const file = await this.#opened(digest, at);
    try {
      await file.verifyBody();
      return file;
    } catch (error) {
      await file[Symbol.asyncDispose]();
      if (isFailure(error, 'recipe/malformed', 'recipe/digest-mismatch')) await this.#removeDamaged(digest, error);
      throw error;
    }
  }

  list(): readonly Uint8Array[] {
    return this.#known;
  }

  async dropUnheld(): Promise<void> {
    for (const digest of this.#known) {
      try {
        this.#requireHeld((await this.manifest(digest, this.#ports.clock.now())).layers);
      } catch (error) {
        if (isFailure(error, 'recipe/epoch-not-held')) await this.#removeUnheld(digest);
        // whatever else is wrong with it is said when it is to be poured
        else if (!isFailure(error)) throw error;
      }
    }
  }

  #requireHeld([{ recipients }]: VerifiedManifest['layers']): void {
    const { holds } = this.#ports;
    if (holds !== undefined && !holds(recipients.map(({ kid }) => kid))) throw new Failure('recipe/epoch-not-held');
  }

  async #removeUnheld(digest: Uint8Array): Promise<void> {
    this.#known = this.#known.filter((one) => !sameBytes(one, digest));
    this.#ports.log.info('recipe of an epoch not held removed', { manifest: hex(digest) });
    await this.#ports.disk.remove(pathOf(digest));
  }

  async #opened(digest: Uint8Array, at: Instant): Promise<SealedFile & AsyncDisposable> {
    if (!this.has(digest)) throw new Failure('recipe/unknown', { manifest: hex(digest) });
    const file = await this.#ports.disk.open(pathOf(digest));
    try {
      await requireNamed(file, digest);
      const sealed = await openSealedFile(file, this.#ports.anchors, at, this.#classes);
      return { ...sealed, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
    } catch (error) {
      await file[Symbol.asyncDispose]();
      if (isFailure(error, 'recipe/malformed', 'recipe/digest-mismatch')) await this.#removeDamaged(digest, error);
      throw error;
    }
  }

  async #removeDamaged(digest: Uint8Array, { code }: Failure): Promise<void> {
    this.#known = this.#known.filter((one) => !sameBytes(one, digest));
    this.#ports.log.error('damaged recipe removed', { manifest: hex(digest), code });
    await this.#ports.disk.remove(pathOf(digest));
  }

  async #dropAbandoned(): Promise<void> {
    const since = this.#ports.clock.monotonic() - abandonedAfter;
    for (const [id, { path, file, turn, touched }] of this.#uploads) {
      if (touched > since) continue;
      this.#uploads.delete(id);
      await turn.take(async () => file[Symbol.asyncDispose]());
      await this.#ports.disk.remove(path);
    }
  }

  has(digest: Uint8Array): boolean {
    return this.#known.some((one) => sameBytes(one, digest));
  }

  #upload(id: Uint8Array): Upload {
    const upload = this.#uploads.get(hex(id));
    if (upload === undefined) throw new Failure('recipe/unknown', { upload: hex(id) });
    return upload;
  }
}

/** The manifest of a whole and authentic file, which is on the medium then; closes it. */
async function verifiedManifest(
  file: DiskFile,
  anchors: TrustAnchors,
  at: Instant,
  classes: MachineClasses,
): Promise<VerifiedManifest> {
  await using closing = file;
  const sealed = await openSealedFile(closing, anchors, at, classes);
  await sealed.verifyBody();
  await closing.sync();
  return sealed.manifest;
}

/** Told apart from a manifest that is whole but not believed (any more): that one stays. */
async function requireNamed(file: RandomAccess, digest: Uint8Array): Promise<void> {
  if (!sameBytes(sha256(manifestItem(await readStart(file))), digest)) throw new Failure('recipe/digest-mismatch');
}
