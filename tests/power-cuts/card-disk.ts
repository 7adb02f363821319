import type { Disk, DiskFile } from '#shared/disk.ts';
import { Failure } from '#shared/failure.ts';
import type { Fuse } from './fuse.ts';
import type { Loss } from './loss.ts';

type Write =
  | { readonly t: 'write'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly t: 'truncate'; readonly size: number };

/** A file's bytes as programs see them, and how the medium gets there from what it holds. */
interface Inode {
  live: Uint8Array;
  durable: Uint8Array;
  unsynced: Write[];
}

type Naming =
  | { readonly t: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly t: 'unlink'; readonly path: string }
  | { readonly t: 'rename'; readonly from: string; readonly to: string };

/**
 * A card with files, below the `Disk` port: names and contents are each durable only when synced. `disk` is a process's way to
 * it, in the primitive steps of `systemDisk`, each of which may be that process's last.
 */
export class Card {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #unsyncedNames: Naming[] = [];

  put(path: string, bytes: Uint8Array): void {
    const inode = { live: bytes, durable: bytes, unsynced: [] };
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** What a program reads there now. */
  bytes(path: string): Uint8Array {
    return this.#names.get(path)?.live ?? new Uint8Array(0);
  }

  /** What surely is there after a power cut. */
  durable(path: string): Uint8Array {
    return this.#durableNames.get(path)?.durable ?? new Uint8Array(0);
  }

  /** Bytes at the file's end that are not synced. */
  unsyncedBytes(path: string): number {
    const unsynced = this.#names.get(path)?.unsynced ?? [];
    return Math.max(0, ...unsynced.map((write) => (write.t === 'write' ? write.bytes.length : 0)));
  }

  get paths(): readonly string[] {
    return [...this.#names.keys()].sort();
  }

  /** Another card with what programs see on this one. */
  copy(): Card {
    const copy = new Card();
    for (const [path, { live }] of this.#names) copy.put(path, live);
    return copy;
  }

  /** The power goes: what was not synced is there as far as `loss` says. */
  lose(loss: Loss): void {
    for (const naming of loss.keep(this.#unsyncedNames)) apply(naming, this.#durableNames);
    const names = new Map([...this.#durableNames].map(([path, inode]) => [path, contentAfter(inode, loss)] as const));
    this.#names = new Map(names);
    this.#durableNames = names;
    this.#unsyncedNames = [];
  }

  disk(fuse: Fuse): Disk {
    const sync = async (what: string): Promise<void> => {
      await fuse.pass(`sync ${what}`);
    };
    return {
      read: async (path) => this.#names.get(path)?.live ?? null,
      list: async (folder) =>
        this.paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1)),
      replace: async (path, bytes) => {
        const kept = bytes.slice();
        const temporary = `${path}.new`;
        await fuse.pass(`write ${temporary}`);
        const inode: Inode = { live: kept, durable: new Uint8Array(0), unsynced: [{ t: 'write', at: 0, bytes: kept }] };
        this.#name({ t: 'link', path: temporary, inode });
        await sync(temporary);
        settle(inode);
        await fuse.pass(`rename ${temporary}`);
        this.#name({ t: 'rename', from: temporary, to: path });
        await sync(`folder of ${path}`);
        this.#settleNames();
      },
      remove: async (path) => {
        await fuse.pass(`remove ${path}`);
        if (this.#names.has(path)) this.#name({ t: 'unlink', path });
        await sync(`folder of ${path}`);
        this.#settleNames();
      },
      rename: async (from, to) => {
        await fuse.pass(`rename ${from}`);
        if (!this.#names.has(from)) throw new Failure('disk/failed', { path: from, reason: 'ENOENT' });
        this.#name({ t: 'rename', from, to });
        await sync(`folder of ${to}`);
        this.#settleNames();
      },
      open: async (path) => {
        if (!this.#names.has(path)) {
          await fuse.pass(`make ${path}`);
          const nothing = new Uint8Array(0);
          this.#name({ t: 'link', path, inode: { live: nothing, durable: nothing, unsynced: [] } });
          await sync(`folder of ${path}`);
          this.#settleNames();
        }
        return openFile(path, this.#names.get(path) as Inode, fuse);
      },
    };
  }

  #name(naming: Naming): void {
    apply(naming, this.#names);
    this.#unsyncedNames.push(naming);
  }

  #settleNames(): void {
    this.#durableNames = new Map(this.#names);
    this.#unsyncedNames = [];
  }
}

function openFile(path: string, inode: Inode, fuse: Fuse): DiskFile {
  const change = (write: Write): void => {
    inode.live = written(inode.live, write);
    inode.unsynced.push(write);
  };
  return {
    size: async () => inode.live.length,
    async readAt(at, into) {
      const part = inode.live.subarray(at, at + into.length);
      into.set(part);
      return part.length;
    },
    async writeAt(at, bytes) {
      const kept = bytes.slice();
      await fuse.pass(`write ${path}`);
      change({ t: 'write', at, bytes: kept });
    },
    async truncate(size) {
      await fuse.pass(`truncate ${path}`);
      change({ t: 'truncate', size });
    },
    async sync() {
      await fuse.pass(`sync ${path}`);
      settle(inode);
    },
    async [Symbol.asyncDispose]() {},
  };
}

function settle(inode: Inode): void {
  inode.durable = inode.live;
  inode.unsynced = [];
}

function contentAfter({ durable, unsynced }: Inode, loss: Loss): Inode {
  let bytes = durable;
  for (const write of loss.keep(unsynced)) {
    bytes = written(bytes, write.t === 'write' ? { ...write, bytes: loss.tear(write.bytes) } : write);
  }
  return { live: bytes, durable: bytes, unsynced: [] };
}

function written(bytes: Uint8Array, write: Write): Uint8Array {
  if (write.t === 'truncate') return bytes.slice(0, write.size);
  const next = new Uint8Array(Math.max(bytes.length, write.at + write.bytes.length));
  next.set(bytes);
  next.set(write.bytes, write.at);
  return next;
}

function apply(naming: Naming, names: Map<string, Inode>): void {
  switch (naming.t) {
    case 'link':
      names.set(naming.path, naming.inode);
      return;
    case 'unlink':
      names.delete(naming.path);
      return;
    case 'rename': {
      const inode = names.get(naming.from);
      if (inode === undefined) return;
      names.delete(naming.from);
      names.set(naming.to, inode);
    }
  }
}
