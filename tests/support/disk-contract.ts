import { beforeEach, describe, expect, it } from 'vitest';
import type { Disk } from '#shared/disk.ts';

const bytes = (...list: number[]): Uint8Array => new Uint8Array(list);

/** What every disk keeps to, a remembered one and a real one. */
export function diskContract(name: string, make: () => Promise<Disk>): void {
  describe(`a disk: ${name}`, () => {
    let disk: Disk;

    beforeEach(async () => {
      disk = await make();
    });

    it('knows no file before it is written', async () => {
      expect(await disk.read('a/b')).toBe(null);
      expect(await disk.list('a')).toEqual([]);
    });

    it('replaces whole files, in folders that it makes', async () => {
      await disk.replace('a/b/c', bytes(1, 2, 3));
      await disk.replace('a/b/c', bytes(4));
      expect([...((await disk.read('a/b/c')) ?? [])]).toEqual([4]);
      expect(await disk.list('a/b')).toEqual(['c']);
    });

    it('lists names in their order', async () => {
      for (const name of ['b', 'c', 'a']) await disk.replace(`folder/${name}`, bytes());
      expect(await disk.list('folder')).toEqual(['a', 'b', 'c']);
    });

    it('removes what is there, and what is not', async () => {
      await disk.replace('a/b', bytes(1));
      await disk.remove('a/b');
      await disk.remove('a/b');
      await disk.remove('nowhere/b');
      expect(await disk.read('a/b')).toBe(null);
    });

    it('renames over what was there', async () => {
      await disk.replace('a/one', bytes(1));
      await disk.replace('b/two', bytes(2));
      await disk.rename('a/one', 'b/two');
      expect([...((await disk.read('b/two')) ?? [])]).toEqual([1]);
      expect(await disk.list('a')).toEqual([]);
      await disk.rename('b/two', 'c/three');
      expect([...((await disk.read('c/three')) ?? [])]).toEqual([1]);
      await expect(disk.rename('a/one', 'b/two')).rejects.toMatchObject({ code: 'disk/failed' });
    });

    it('opens files that it makes, and finds what was written in them', async () => {
      {
        await using file = await disk.open('a/b');
        expect(await file.size()).toBe(0);
        await file.writeAt(0, bytes(1, 2, 3, 4));
        await file.writeAt(2, bytes(9));
        await file.writeAt(6, bytes(7));
        await file.sync();
        expect(await file.size()).toBe(7);
      }
      await using again = await disk.open('a/b');
      const into = new Uint8Array(10);
      expect(await again.readAt(1, into)).toBe(6);
      expect(into).toEqual(bytes(2, 9, 4, 0, 0, 7, 0, 0, 0, 0));
      await again.truncate(2);
      expect(await again.readAt(2, into)).toBe(0);
      expect([...((await disk.read('a/b')) ?? [])]).toEqual([1, 2]);
    });

    it('refuses with a code what is done to a closed file', async () => {
      const file = await disk.open('a/b');
      await file[Symbol.asyncDispose]();
      await expect(file.writeAt(0, bytes(1))).rejects.toMatchObject({ code: 'disk/failed' });
      await expect(file.sync()).rejects.toMatchObject({ code: 'disk/failed' });
    });
  });
}
