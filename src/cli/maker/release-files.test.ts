import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { releaseFiles, requireRelease } from './release-files.ts';

let folder: string;
const at = (name: string): string => join(folder, name);
const refusal = (): Promise<unknown> => requireRelease(folder, signed).catch((error: unknown) => error);
let signed: Awaited<ReturnType<typeof releaseFiles>>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decant-release-'));
  await mkdir(at('src'));
  await writeFile(at('src/a.ts'), 'abc');
  await writeFile(at('README.md'), '');
  signed = await releaseFiles(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a release', () => {
  it('is every file below its folder, by path, size and digest', () => {
    expect(signed.map(({ path, size, sha256 }) => [path, size, hex(sha256)])).toEqual([
      ['README.md', 0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      ['src/a.ts', 3, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ]);
  });

  it('may be one file', async () => {
    const [one] = await releaseFiles(at('src/a.ts'));
    expect(one).toMatchObject({ path: 'a.ts', size: 3 });
    await requireRelease(at('src/a.ts'), [one ?? expect.fail()]);
  });

  it('is whole as long as nothing was changed', async () => {
    await requireRelease(folder, signed);
    await rm(at('src/a.ts'));
    await writeFile(at('src/a.ts'), 'abc');
    await requireRelease(folder, signed);
  });

  it('is refused by the name of the file that was changed, taken away or added', async () => {
    await writeFile(at('src/a.ts'), 'abd');
    expect(await refusal()).toMatchObject({ facts: { path: 'src/a.ts', reason: 'changed' } });
    await rm(at('src/a.ts'));
    expect(await refusal()).toMatchObject({ facts: { path: 'src/a.ts', reason: 'missing' } });
    await writeFile(at('src/a.ts'), 'abc');
    await writeFile(at('src/b.ts'), '');
    expect(await refusal()).toMatchObject({
      code: 'release/file-differs',
      facts: { path: 'src/b.ts', reason: 'not part of it' },
    });
  });

  it('holds no links: what they lead to is not what was signed', async () => {
    await symlink('/etc/passwd', at('link'));
    await expect(releaseFiles(folder)).rejects.toMatchObject({ facts: { path: 'link', reason: 'not a plain file' } });
    expect(await refusal()).toMatchObject({ code: 'release/file-differs' });
  });

  it('is not read from a place where nothing is', async () => {
    await expect(releaseFiles(at('none'))).rejects.toMatchObject({ code: 'file/unreadable' });
  });
});
