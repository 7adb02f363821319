import { mkdtemp, open, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskContract } from '#tests/support/disk-contract.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';
import { systemDisk } from './system-disk.ts';

let folder: string;
let made = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decant-disk-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fresh = (): string => {
  made += 1;
  return join(folder, String(made));
};

diskContract('files of this computer', async () => systemDisk(fresh()));
diskContract('files in memory', async () => new MemoryDisk());

describe('files of this computer', () => {
  it('are read by their owner only', async () => {
    const root = fresh();
    await systemDisk(root).replace('a/b', new Uint8Array(1));
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'a/b'))).mode & 0o777).toBe(0o600);
  });

  it('refuse with the reason that the system gives', async () => {
    const root = fresh();
    await writeFile(root, '');
    await expect(systemDisk(root).read('a')).rejects.toMatchObject({
      code: 'disk/failed',
      facts: { path: 'a', reason: 'ENOTDIR' },
    });
  });

  it('survive a power cut with the folders that were made for them', async () => {
    const root = fresh();
    const synced = await syncedBy(() => systemDisk(root).replace('a/b/c', new Uint8Array(1)));
    const file = synced.findIndex((path) => path.endsWith('c.new'));
    const names = ['a/b', 'a', '', '..'].map((path) => join(root, path));
    for (const name of names) expect(synced).toContain(name);
    // the bytes first, then the name under which they are found
    expect(synced.lastIndexOf(join(root, 'a/b'))).toBeGreaterThan(file);
    expect(file).toBeGreaterThanOrEqual(0);
    const later = await syncedBy(() => systemDisk(root).replace('a/b/c', new Uint8Array(1)));
    expect(later).toHaveLength(2);
  });

  it('survive a power cut by their new names, and without what was removed', async () => {
    const root = fresh();
    const disk = systemDisk(root);
    await disk.replace('a/b', new Uint8Array(1));
    expect(await syncedBy(() => disk.rename('a/b', 'c/d'))).toContain(join(root, 'c'));
    expect(await syncedBy(() => disk.remove('c/d'))).toEqual([join(root, 'c')]);
    expect(await syncedBy(async () => (await disk.open('e/f'))[Symbol.asyncDispose]())).toContain(join(root, 'e'));
  });
});

/** Paths of the files and folders that were synced meanwhile, in order. */
async function syncedBy(work: () => Promise<unknown>): Promise<string[]> {
  const probe = await open(folder, 'r');
  const handles = Object.getPrototypeOf(probe) as { sync: (this: { fd: number }) => Promise<void> };
  await probe.close();
  const { sync } = handles;
  const paths: string[] = [];
  handles.sync = async function () {
    paths.push(await readlink(`/proc/self/fd/${this.fd}`));
    return sync.call(this);
  };
  try {
    await work();
  } finally {
    handles.sync = sync;
  }
  return paths;
}
