import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { KeyFiles } from '../support/key-files.ts';
import { type SoftTokens, softTokens } from '../support/soft-token.ts';

// root deletes from folders that it may not write to; these two stop root as well
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

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const ways = {
  'an immutable file': {
    hold: (file: string) => works('chattr', '+i', file),
    release: (file: string) => works('chattr', '-i', file),
  },
  'a file with another mounted over it': {
    hold: (file: string) => works('mount', '--bind', file, file),
    release: (file: string) => works('umount', file),
  },
} as const;

describe('as root', () => {
  it('a one-time key whose file cannot be deleted counts as alive, and is', async () => {
    const tried: string[] = [];
    for (const [name, { hold, release }] of Object.entries(ways)) {
      const label = `prekey-${tried.length}`;
      const file = await files.prekey(token, label);
      if (!hold(file)) continue;
      try {
        await expect(token.destroyKey(label), name).rejects.toMatchObject({ code: 'token/destroy-unproven' });
      } finally {
        release(file);
      }
      expect(files.aliveElsewhere('mixer', label), name).toBe(true);
      tried.push(name);
    }
    // a file system without attributes and a container without the right to mount would leave nothing to see
    expect(tried).not.toEqual([]);
  });
});
