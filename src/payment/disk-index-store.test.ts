import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Disk } from '#shared/disk.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { diskIndexStore } from './disk-index-store.ts';

describe('an index store on disk', () => {
  let folder: string;
  let disk: Disk;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'index-'));
    disk = systemDisk(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('answers each index once, over restarts and to callers at the same time', async () => {
    const first = diskIndexStore(disk, 'receive/next');
    expect(await Promise.all([first.reserveNext(), first.reserveNext(), first.reserveNext()])).toEqual([0, 1, 2]);
    expect(await diskIndexStore(disk, 'receive/next').reserveNext()).toBe(3);
  });

  it('has written an index down before it answers it', async () => {
    let written = '';
    const watchedDisk: Disk = {
      ...disk,
      replace: async (path, bytes) => {
        await disk.replace(path, bytes);
        written = new TextDecoder().decode(bytes);
      },
    };
    const index = await diskIndexStore(watchedDisk, 'next').reserveNext();
    expect(written).toBe(`${index + 1}\n`);
  });

  it('answers nothing when the write fails', async () => {
    const full: Disk = { ...disk, replace: () => Promise.reject(new Error('disk full')) };
    await expect(diskIndexStore(full, 'next').reserveNext()).rejects.toThrow('disk full');
  });

  it.each(['', '12', '1\n2\n', '-1\n', 'x\n', '2147483648\n'])(
    'does not begin again at 0 when it holds %j',
    async (text) => {
      await disk.replace('next', new TextEncoder().encode(text));
      await expect(diskIndexStore(disk, 'next').reserveNext()).rejects.toMatchObject({ code: 'disk/failed' });
    },
  );
});
