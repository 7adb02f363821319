import type { VerifiedManifest } from '#recipes/manifest.ts';
import { openSealedFile, type SealedFile } from '#recipes/sealed-file.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk, DiskFile } from '#shared/disk.ts';
import { type Entropy, fromHex, hex, sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { type Instant, instant } from '#shared/units.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';

/** Sealed recipes on the cell's own disk, named by the digest of their manifest. Pieces are read from here only. */
export interface Spool {
  /** Room for an upload of exactly `size` bytes; at most 4 at a time. */
  begin(size: number): Uint8Array;
  chunk(upload: Uint8Array, at: number, bytes: Uint8Array): Promise<void>;
  /** Verifies manifest and body, keeps the file, answers the manifest's digest. A refused upload is removed. */
  end(upload: Uint8Array): Promise<Uint8Array>;
  /** @throws Failure `recipe/unknown` when there is none of this digest, and what reading it throws */
  manifest(digest: Uint8Array): Promise<{ readonly manifest: VerifiedManifest }>;
  /** The author's certificates are judged at `at`, the licence's time. */
  open(digest: Uint8Array, at: Instant): Promise<SealedFile & AsyncDisposable>;
  list(): readonly Uint8Array[];
}

interface Upload {
  readonly path: string;
  readonly size: number;
  readonly file: Promise<DiskFile>;
}

interface SpoolPorts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly anchors: TrustAnchors;
}

const folder = 'spool';
const uploadLimit = 4;
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
  readonly #known: Uint8Array[];
  readonly #uploads = new Map<string, Upload>();
  readonly #manifests = new Map<string, VerifiedManifest>();

  constructor(ports: SpoolPorts, known: Uint8Array[]) {
    this.#ports = ports;
    this.#known = known;
  }

  begin(size: number): Uint8Array {
    if (this.#uploads.size >= uploadLimit) throw new Failure('machine/busy', { uploads: this.#uploads.size });
    const upload = this.#ports.entropy.bytes(16);
    const path = `${folder}/upload-${hex(upload)}`;
    const file = this.#ports.disk.open(path);
    file.catch(() => {});
    this.#uploads.set(hex(upload), { path, size, file });
    return upload;
  }

  async chunk(upload: Uint8Array, at: number, bytes: Uint8Array): Promise<void> {
    const { size, file } = this.#upload(upload);
    if (at + bytes.length > size) throw new Failure('message/too-large', { at, limit: size });
    await (await file).writeAt(at, bytes);
  }

  async end(upload: Uint8Array): Promise<Uint8Array> {
    const { path, file } = this.#upload(upload);
    this.#uploads.delete(hex(upload));
    const { disk, anchors, clock } = this.#ports;
    try {
      const digest = await this.#verified(await file, anchors, clock.now());
      await disk.rename(path, pathOf(digest));
      if (!this.#known.some((one) => sameBytes(one, digest))) this.#known.push(digest);
      return digest;
    } catch (error) {
      await disk.remove(path);
      throw error;
    }
  }

  async #verified(file: DiskFile, anchors: TrustAnchors, at: Instant): Promise<Uint8Array> {
    await using closing = file;
    const sealed = await openSealedFile(closing, anchors, at);
    await sealed.verifyBody();
    await closing.sync();
    this.#manifests.set(hex(sealed.manifest.digest), sealed.manifest);
    return sealed.manifest.digest;
  }

  async manifest(digest: Uint8Array): Promise<{ manifest: VerifiedManifest }> {
    const cached = this.#manifests.get(hex(digest));
    if (cached !== undefined) return { manifest: cached };
    await using file = await this.open(digest, this.#ports.clock.now());
    this.#manifests.set(hex(digest), file.manifest);
    return { manifest: file.manifest };
  }

  async open(digest: Uint8Array, at: Instant): Promise<SealedFile & AsyncDisposable> {
    if (!this.#known.some((one) => sameBytes(one, digest)))
      throw new Failure('recipe/unknown', { manifest: hex(digest) });
    const file = await this.#ports.disk.open(pathOf(digest));
    try {
      const sealed = await openSealedFile(file, this.#ports.anchors, instant(at));
      if (!sameBytes(sealed.manifest.digest, digest)) throw new Failure('recipe/digest-mismatch');
      return { ...sealed, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
    } catch (error) {
      await file[Symbol.asyncDispose]();
      throw error;
    }
  }

  list(): readonly Uint8Array[] {
    return this.#known;
  }

  #upload(id: Uint8Array): Upload {
    const upload = this.#uploads.get(hex(id));
    if (upload === undefined) throw new Failure('recipe/unknown', { upload: hex(id) });
    return upload;
  }
}
