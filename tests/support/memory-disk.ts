import type { Disk, DiskFile } from '#shared/disk.ts';
import { Failure } from '#shared/failure.ts';

/** Bytes as programs see them, and as they would be found after a power cut. */
interface MemoryFile {
  live: Uint8Array;
  durable: Uint8Array;
}

export type DiskStep = 'read' | 'replace' | 'remove' | 'open' | 'rename' | 'write' | 'truncate' | 'sync';

/**
 * Files in memory that forget at a power cut whatever was not synced. `refuse` makes steps fail; `steps` tells what was
 * done, in its order.
 */
export class MemoryDisk implements Disk {
  readonly steps: string[] = [];
  /** Files that are open now. */
  openFiles = 0;
  refuse: (step: DiskStep, path: string) => boolean = () => false;
  readonly #files = new Map<string, MemoryFile>();

  constructor(files: Readonly<Record<string, Uint8Array>> = {}) {
    for (const [path, bytes] of Object.entries(files)) this.put(path, bytes);
  }

  /** The same files as they are found after the power was lost now. */
  afterPowerCut(): MemoryDisk {
    return new MemoryDisk(Object.fromEntries([...this.#files].map(([path, { durable }]) => [path, durable])));
  }

  /** A copy of all there is, as somebody makes it who has the card in hand. */
  copy(): MemoryDisk {
    return new MemoryDisk(Object.fromEntries([...this.#files].map(([path, { live }]) => [path, live])));
  }

  put(path: string, bytes: Uint8Array): void {
    this.#files.set(path, { live: bytes.slice(), durable: bytes.slice() });
  }

  bytes(path: string): Uint8Array {
    return this.#files.get(path)?.live.slice() ?? new Uint8Array(0);
  }

  get paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  async read(path: string): Promise<Uint8Array | null> {
    await this.#step('read', path);
    return this.#files.get(path)?.live.slice() ?? null;
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const kept = bytes.slice();
    await this.#step('replace', path);
    this.put(path, kept);
  }

  async list(folder: string): Promise<string[]> {
    if (folder === '.') return [...new Set(this.paths.map((path) => path.split('/')[0] ?? path))];
    const within = this.paths.filter((path) => path.startsWith(`${folder}/`));
    return within.map((path) => path.slice(folder.length + 1)).filter((name) => !name.includes('/'));
  }

  async remove(path: string): Promise<void> {
    await this.#step('remove', path);
    this.#files.delete(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step('rename', from);
    const file = this.#files.get(from);
    if (file === undefined) throw new Failure('disk/failed', { path: from, reason: 'ENOENT' });
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  async open(path: string): Promise<DiskFile> {
    await this.#step('open', path);
    if (!this.#files.has(path)) this.put(path, new Uint8Array(0));
    return this.#opened(path, this.#files.get(path) as MemoryFile);
  }

  #opened(path: string, file: MemoryFile): DiskFile {
    let open = true;
    this.openFiles += 1;
    const close = (): void => {
      if (open) this.openFiles -= 1;
      open = false;
    };
    const step = (name: DiskStep): Promise<void> => {
      if (!open) throw new Failure('disk/failed', { path, reason: 'EBADF' });
      return this.#step(name, path);
    };
    return {
      size: () => Promise.resolve(file.live.length),
      async readAt(at, into) {
        await step('read');
        const part = file.live.subarray(at, at + into.length);
        into.set(part);
        return part.length;
      },
      async writeAt(at, bytes) {
        const written = bytes.slice();
        await step('write');
        const next = new Uint8Array(Math.max(file.live.length, at + written.length));
        next.set(file.live);
        next.set(written, at);
        file.live = next;
      },
      async truncate(size) {
        await step('truncate');
        file.live = file.live.slice(0, size);
      },
      async sync() {
        await step('sync');
        file.durable = file.live.slice();
      },
      async [Symbol.asyncDispose]() {
        close();
      },
    };
  }

  async #step(step: DiskStep, path: string): Promise<void> {
    this.steps.push(`${step} ${path}`);
    await Promise.resolve();
    if (this.refuse(step, path)) throw new Failure('disk/failed', { path, reason: 'EIO' });
  }
}
