import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { pieceAad, sealPiece, wrapTo } from '#tests/support/sealing.ts';
import { type SoftTokens, softTokens, testPin } from '#tests/support/soft-token.ts';
import type { ObjectFolder } from './object-folder.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';
import { softhsmFolder } from './softhsm-folder.ts';

let tokens: SoftTokens;
let token: Pkcs11Token;
let folder: string;
let faults: Partial<ObjectFolder> = {};

beforeAll(async () => {
  tokens = await softTokens();
  (await tokens.make('mixer'))[Symbol.dispose]();
  const [name = ''] = readdirSync(tokens.tokensFolder);
  folder = join(tokens.tokensFolder, name);
  const real = softhsmFolder(tokens.tokensFolder, name.replaceAll('-', '').slice(-16));
  token = await tokens.reopen('mixer', {
    list: () => (faults.list ?? real.list)(),
    sync: (names) => (faults.sync ?? real.sync)(names),
  });
});
beforeEach(() => {
  faults = {};
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

const objects = (): string[] => readdirSync(folder).filter((file) => /^(?!token).*\.object$/.test(file));

/** Makes a prekey; answers its one file. */
async function prekey(label: string): Promise<string> {
  const before = objects();
  await token.generateUnwrapKey(label, 2048);
  const [file, ...others] = objects().filter((name) => !before.includes(name));
  expect(others).toEqual([]);
  return inFolder(file ?? '');
}

/** Whether another process, started now, finds the key. */
function aliveElsewhere(label: string): boolean {
  const script = `
    import { openToken } from '#hsm/open-token.ts';
    import { systemEntropy } from '#shared/node/system-entropy.ts';
    const [module, pin, label] = process.argv.slice(1);
    using token = await openToken({ module, label: 'mixer', pin: Buffer.from(pin), entropy: systemEntropy });
    console.log(token.hasKey(label));`;
  const args = ['--input-type=module-typescript', '-e', script, tokens.module, Buffer.from(testPin).toString(), label];
  const cwd = new URL('..', import.meta.url).pathname;
  const env = { ...process.env, SOFTHSM2_CONF: tokens.configFile };
  return execFileSync(process.execPath, args, { cwd, env, encoding: 'utf8' }).trim() === 'true';
}

/** Until disposed of, files in the token's folder can be written but not deleted: not by root either, who steps down. */
function undeletable(): Disposable {
  const nobody = 65_534;
  const root = process.geteuid?.() === 0;
  const tree = [join(tokens.tokensFolder, '..'), tokens.tokensFolder, folder];
  if (root) for (const path of [...tree, ...readdirSync(folder).map(inFolder)]) chownSync(path, nobody, 0);
  chmodSync(folder, 0o500);
  if (root) process.seteuid?.(nobody);
  return {
    [Symbol.dispose]() {
      if (root) process.seteuid?.(0);
      chmodSync(folder, 0o700);
    },
  };
}

const inFolder = (name: string): string => join(folder, name);

describe('destroying a prekey', () => {
  it('removes it here, in another process, and from the disk', async () => {
    const file = await prekey('prekey/1');
    expect(aliveElsewhere('prekey/1')).toBe(true);
    await token.destroyKey('prekey/1');
    expect(token.hasKey('prekey/1')).toBe(false);
    expect(() => statSync(file)).toThrow('ENOENT');
    expect(aliveElsewhere('prekey/1')).toBe(false);
  });

  it('leaves the other keys', async () => {
    await prekey('prekey/2');
    await prekey('prekey/3');
    await token.destroyKey('prekey/2');
    expect(token.listKeys('prekey/')).toEqual(['prekey/3']);
    await token.destroyKey('prekey/3');
  });

  it('does not stop a job that already unwrapped with it: CHECKED comes before the burn', async () => {
    await prekey('prekey/4');
    using job = token.openJob();
    const [key, nonce, plaintext, out] = [randomBytes(32), randomBytes(12), randomBytes(64), Buffer.alloc(80)];
    const handle = await job.unwrapContentKey('prekey/4', wrapTo(token.publicKey('prekey/4'), key));
    await token.destroyKey('prekey/4');
    const length = await job.open(handle, nonce, pieceAad, sealPiece(key, nonce, plaintext), out);
    expect(out.subarray(0, length)).toEqual(plaintext);
  });

  it('removes both halves of a signing key', async () => {
    const before = objects();
    await token.generateSigningKey('ec', { curve: 'P-256' });
    await token.destroyKey('ec');
    expect(objects()).toEqual(before);
    await token.generateSigningKey('ec', { curve: 'P-256' });
    await token.destroyKey('ec');
  });

  it('is token/key-missing when there is none', async () => {
    await expect(token.destroyKey('prekey/none')).rejects.toMatchObject({ code: 'token/key-missing' });
  });
});

describe('a destruction is not proven', () => {
  it('when the file cannot be deleted: the module forgets the key, the next process finds it alive', async () => {
    await prekey('prekey/stuck');
    {
      using _ = undeletable();
      await expect(token.destroyKey('prekey/stuck')).rejects.toMatchObject({ code: 'token/destroy-unproven' });
      expect(token.hasKey('prekey/stuck')).toBe(false);
    }
    expect(aliveElsewhere('prekey/stuck')).toBe(true);
  });

  it('when the module says yes and the file is still there', async () => {
    await prekey('prekey/5');
    const before = new Set(objects());
    faults = { list: async () => before };
    const because = 'its file is still there';
    await expect(token.destroyKey('prekey/5')).rejects.toMatchObject({
      code: 'token/destroy-unproven',
      facts: { label: 'prekey/5', because },
    });
  });

  it('when the folder cannot be synced', async () => {
    await prekey('prekey/6');
    faults = { sync: () => Promise.reject(new Failure('disk/failed', { reason: 'EIO' })) };
    await expect(token.destroyKey('prekey/6')).rejects.toMatchObject({ code: 'token/destroy-unproven' });
  });

  it('when the folder cannot be read, and then the key is not touched', async () => {
    await prekey('prekey/7');
    faults = { list: () => Promise.reject(new Failure('disk/failed', { reason: 'EIO' })) };
    await expect(token.destroyKey('prekey/7')).rejects.toMatchObject({ code: 'token/destroy-unproven' });
    expect(token.hasKey('prekey/7')).toBe(true);
    faults = {};
    await token.destroyKey('prekey/7');
  });

  it('when the key is found again', async () => {
    await prekey('prekey/8');
    const { api } = token.login.cryptoki;
    const destroy = api.C_DestroyObject;
    api.C_DestroyObject = () => undefined;
    try {
      const because = 'it is still found';
      await expect(token.destroyKey('prekey/8')).rejects.toMatchObject({ facts: { because } });
    } finally {
      api.C_DestroyObject = destroy;
    }
    await token.destroyKey('prekey/8');
  });
});

describe('the folder of a token', () => {
  it('is not found for a serial that no token has', async () => {
    const none = softhsmFolder(tokens.tokensFolder, '0123456789abcdef');
    await expect(none.list()).rejects.toMatchObject({ code: 'disk/failed' });
    await expect(none.sync([])).rejects.toMatchObject({ code: 'disk/failed' });
  });

  it('is readable by its owner only, and so is every object', async () => {
    await prekey('prekey/9');
    for (const path of [tokens.tokensFolder, folder, ...objects().map(inFolder)]) {
      expect(statSync(path).mode & 0o077, path).toBe(0);
    }
  });
});
