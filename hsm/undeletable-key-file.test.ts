import { copyFileSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyFiles } from '#tests/support/key-files.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';

// for every user, root too; what only root can do to a file is in tests/slow/undeletable-key-file.test.ts
let tokens: SoftTokens;
let token: Pkcs11Token;
let files: KeyFiles;

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('mixer');
  files = new KeyFiles(tokens);
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

describe('a one-time key whose file cannot be deleted', () => {
  it('because a folder has taken its name is not proven destroyed: it comes back with its file', async () => {
    const file = await files.prekey(token, 'prekey-1');
    const aside = `${file}.aside`;
    renameSync(file, aside);
    mkdirSync(file);
    writeFileSync(join(file, 'something'), '');
    await expect(token.destroyKey('prekey-1')).rejects.toMatchObject({ code: 'token/key-missing' });
    // whoever put the folder there puts the file back
    rmSync(file, { recursive: true });
    renameSync(aside, file);
    expect(files.aliveElsewhere('mixer', 'prekey-1')).toBe(true);
  });
});

describe('what the proof does not cover', () => {
  it('is a copy that somebody made before: its file revives the key', async () => {
    const file = await files.prekey(token, 'prekey-2');
    const copy = join(tokens.tokensFolder, '..', 'copy');
    copyFileSync(file, copy);
    await token.destroyKey('prekey-2');
    expect(files.aliveElsewhere('mixer', 'prekey-2')).toBe(false);
    copyFileSync(copy, file);
    expect(files.aliveElsewhere('mixer', 'prekey-2')).toBe(true);
  });

  it('is a second name for the same file', async () => {
    const file = await files.prekey(token, 'prekey-3');
    const link = join(tokens.tokensFolder, '..', 'link');
    linkSync(file, link);
    await token.destroyKey('prekey-3');
    linkSync(link, file);
    expect(files.aliveElsewhere('mixer', 'prekey-3')).toBe(true);
  });
});
