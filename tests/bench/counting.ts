import { findModule, loadCryptoki } from '#hsm/cryptoki.ts';
import { pause } from '#shared/clock.ts';
import type { Disk, DiskFile } from '#shared/disk.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import type { Milliseconds } from '#shared/units.ts';

/** What a disk was asked for. A replacement syncs the file and its folder. */
export interface DiskCount {
  syncs: number;
  bytes: number;
}

/** Counts syncs and bytes written, and makes each sync take longer, as an SD card does. */
export function countingDisk(disk: Disk, count: DiskCount, delay: () => Milliseconds): Disk {
  const synced = async (syncs: number): Promise<void> => {
    count.syncs += syncs;
    const ms = delay();
    for (let i = 0; ms > 0 && i < syncs; i += 1) await pause(systemClock, ms);
  };
  return {
    read: (path) => disk.read(path),
    list: (folder) => disk.list(folder),
    async replace(path, bytes) {
      count.bytes += bytes.length;
      await disk.replace(path, bytes);
      await synced(2);
    },
    async remove(path) {
      await disk.remove(path);
      await synced(1);
    },
    async rename(from, to) {
      await disk.rename(from, to);
      await synced(1);
    },
    async open(path) {
      return countingFile(await disk.open(path), count, synced);
    },
  };
}

function countingFile(file: DiskFile, count: DiskCount, synced: (syncs: number) => Promise<void>): DiskFile {
  return {
    size: () => file.size(),
    readAt: (at, into) => file.readAt(at, into),
    truncate: (size) => file.truncate(size),
    writeAt(at, bytes) {
      count.bytes += bytes.length;
      return file.writeAt(at, bytes);
    },
    async sync() {
      await file.sync();
      await synced(1);
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

/** Calls of PKCS#11 functions by name, from now on, of the module that this process has loaded. */
export function countTokenCalls(): Map<string, number> {
  const calls = new Map<string, number>();
  const api = loadCryptoki(findModule()).api as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, original] of Object.entries(api)) {
    if (!name.startsWith('C_')) continue;
    api[name] = (...args) => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return original.apply(api, args);
    };
  }
  return calls;
}
